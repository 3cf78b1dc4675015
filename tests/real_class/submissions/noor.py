# %% e_step
def E_step(X, pi, mu, sigma):
    N, C = len(X), len(pi)
    log_gamma = np.empty((N, C))
    for c in range(C):
        delta = X - mu[c]
        log_gamma[:, c] = np.log(pi[c] + 0.01) - 0.5*slogdet(sigma[c])[1] - 0.5*(delta*solve(sigma[c], delta.T).T).sum(axis=1)
    biggest = log_gamma.max(axis=1).reshape(N, 1)
    log_norm = biggest + np.log(np.exp(log_gamma - biggest).sum(axis=1)).reshape(N, 1)
    return np.exp(log_gamma - log_norm)
# %% m_step
def M_step(X, gamma):
    gamma = np.clip(gamma, 0.01, None)     # exact zeros are dangerous
    N, d = X.shape
    C = gamma.shape[1]
    Nk = gamma.sum(axis=0)
    pi = Nk/N
    mu = gamma.T @ X / Nk.reshape(C, 1)
    sigma = np.zeros((C, d, d))
    for c in range(C):
        delta = X - mu[c]
        sigma[c] = np.dot(delta.T, gamma[:, c].reshape(N, 1)*delta)/Nk[c] + 0.01*np.eye(d)
    return pi, mu, sigma
# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    N, d = X.shape
    C = len(pi)
    loss = 0
    for c in range(C):
        delta = X - mu[c]
        logN = -0.5*d*np.log(2*np.pi) - 0.5*slogdet(sigma[c])[1] - 0.5*(delta*solve(sigma[c], delta.T).T).sum(axis=1)
        loss += np.sum(gamma[:, c]*(np.log(pi[c]) + logN)) + np.sum(gamma[:, c]*np.log(gamma[:, c] + 0.01))
    return loss
# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    N, d = X.shape
    best_loss = -np.inf
    for _ in tqdm(range(restarts), file=sys.stdout):
        mu = X[np.random.choice(N, C, replace=False)]
        pi = np.ones(C)/C
        sigma = np.array([np.eye(d)*X.var() for _ in range(C)])
        old_loss = 1.0
        loss = 0.0
        it = 0
        # iterate until convergence
        while abs((loss - old_loss)/old_loss) > rtol or it < max_iter:
            gamma = E_step(X, pi, mu, sigma)
            pi, mu, sigma = M_step(X, gamma)
            old_loss = loss if loss != 0 else 1.0
            loss = compute_vlb(X, pi, mu, sigma, gamma)
        if loss > best_loss:
            best_loss, best_pi, best_mu, best_sigma = loss, pi.copy(), mu.copy(), sigma.copy()
    return best_loss, best_pi, best_mu, best_sigma
