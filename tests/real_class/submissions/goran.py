# %% e_step
def E_step(X, pi, mu, sigma):
    C = len(pi)
    L = np.zeros((len(X), C))
    for c in range(C):
        delta = (X - mu[c]).T
        L[:, c] = np.log(pi[c]) - 0.5 * slogdet(sigma[c])[1] - 0.5 * np.sum(delta * solve(sigma[c], delta), axis=0)
    top = L.max(axis=1, keepdims=True)
    gamma = np.exp(L - top) / np.exp(L - top).sum(axis=1, keepdims=True)
    print("gamma ok:", np.allclose(gamma.sum(axis=1), 1))
# %% m_step
def M_step(X, gamma):
    C = gamma.shape[1]
    d = X.shape[1]
    Nk = gamma.sum(axis=0)
    pi = Nk / Nk.sum()
    mu = gamma.T @ X / Nk[:, None]
    sigma = [None] * C
    for c in range(C - 1):
        delta = X - mu[c]
        sigma[c] = (delta.T * gamma[:, c]) @ delta / Nk[c]
    return pi, mu, sigma
# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    d = X.shape[1]
    loss = 0
    for c in range(len(pi)):
        delta = (X - mu[c]).T
        logN = -0.5 * d * np.log(2 * np.pi) - 0.5 * slogdet(sigma[c])[1] - 0.5 * np.sum(delta * solve(sigma[c], delta), axis=0)
        g = gamma[:, c]
        loss += np.sum(g * (np.log(pi[0]) + logN))
        loss -= np.sum(g * np.log(g + np.finfo(float).eps))
    return loss
# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    N, d = X.shape
    best_loss, best_pi, best_mu, best_sigma = -np.inf, None, None, None
    for r in tqdm(range(restarts), file=sys.stdout):
        pi = np.ones(C) / C
        mu = X[np.random.choice(N, C)]
        sigma = np.array([np.eye(d) * X.var() for _ in range(C)])
        last = 0
        for i in range(max_iter):
            gamma = E_step(X, pi, mu, sigma)
            pi, mu, sigma = M_step(X, gamma)
            loss = compute_vlb(X, pi, mu, sigma, gamma)
            if loss > best_loss:
                best_loss, best_pi, best_mu = loss, pi.copy(), mu.copy()
                best_sigm = sigma.copy()
            if i > 0 and abs(loss - last) <= rtol:
                break
            last = loss
    return best_loss, best_pi, best_mu, best_sigma
