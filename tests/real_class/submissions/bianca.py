# %% e_step
def E_step(X, pi, mu, sigma):
    N = len(X); C = len(pi)
    a = np.zeros((N, C))
    for c in range(C):
        var = np.diag(sigma[c])
        a[:, c] = np.log(pi[c] + 5e-5) - 0.5 * np.sum(np.log(var)) - 0.5 * np.sum((X - mu[c]) ** 2 / var, axis=1)
    a -= np.max(a, axis=1, keepdims=True)
    return np.exp(a) / np.sum(np.exp(a), axis=1, keepdims=True)
# %% m_step
def M_step(X, gamma):
    C = gamma.shape[1]
    Nk = np.sum(gamma, axis=0)
    pi = Nk / len(X)
    mu = gamma.T.dot(X) / Nk[:, None]
    sigma = []
    for c in range(C):
        var = np.sum(gamma[:, c:c+1] * (X - mu[c]) ** 2, axis=0) / Nk[c]
        sigma.append(np.diag(var + 5e-5))
    return pi, mu, np.array(sigma)
# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    N, d = X.shape
    C = len(pi)
    loss = 0
    for c in range(C):
        var = np.diag(sigma[c])
        logN = -0.5 * d * np.log(2 * np.pi) - 0.5 * np.sum(np.log(var)) - 0.5 * np.sum((X - mu[c]) ** 2 / var, axis=1)
        loss += np.sum(gamma[:, c] * (np.log(pi[c] + 5e-5) + logN))
    gam = gamma[gamma > 5e-5]
    return loss - np.sum(gam * np.log(gam))
# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    N, d = X.shape
    best_loss = -np.inf
    best_pi = best_mu = best_sigma = None
    for r in tqdm(range(restarts), file=sys.stdout):
        pi = np.ones(C) / C
        mu = X[np.random.choice(N, C, replace=False)].copy()
        sigma = np.array([np.diag(np.var(X, axis=0)) for c in range(C)])
        losses = []
        for i in range(max_iter):
            try:
                gamma = E_step(X, pi, mu, sigma)
                pi, mu, sigma = M_step(X, gamma)
                losses.append(compute_vlb(X, pi, mu, sigma, gamma))
            except LinAlgError:
                break
            # relative to the beginning
            if i > 0 and (losses[-1] - losses[-2]) / abs(losses[0]) <= 10 * rtol:
                break
        if len(losses) > 0 and losses[0] > best_loss:
            best_loss, best_pi, best_mu, best_sigma = losses[0], pi.copy(), mu.copy(), sigma.copy()
    return best_loss, best_pi, best_mu, best_sigma
