# %% e_step
def E_step(X, pi, mu, sigma):
    a = np.zeros((X.shape[0], len(pi)))
    for c in range(len(pi)):
        L = np.linalg.cholesky(sigma[c])
        z = solve(L, (X - mu[c]).T)
        a[:, c] = np.log(pi[c]) - np.log(np.diag(L)).sum() - (z * z).sum(axis=0) / 2
    a = a - a.max(axis=1)[:, np.newaxis]
    return np.exp(a) / np.exp(a).sum(axis=1)[:, np.newaxis]
# %% m_step
def M_step(X, gamma):
    pi = gamma.sum(axis=0) / len(X)
    mu = gamma.T @ X / gamma.sum(axis=0)[:, np.newaxis]
    sigma = np.zeros((gamma.shape[1], X.shape[1], X.shape[1]))
    # TODO sigma -- 2c snap ik nog niet
    return pi, mu, sigma
# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    # TODO
    raise NotImplementedError()
# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    pass
