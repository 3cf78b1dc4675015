# %% e_step
def E_step(X, pi, mu, sigma):
    """Log-sum-exp, one solve for each component."""
    C, d = mu.shape
    a = np.empty((X.shape[0], C))
    for c in range(C):
        centred = X - mu[c]
        maha = np.einsum("nd,dn->n", centred, solve(sigma[c], centred.T))
        a[:, c] = np.log(np.maximum(pi[c], np.finfo(float).tiny)) - 0.5 * (slogdet(sigma[c])[1] + maha)
    np.subtract(a, np.amax(a, axis=1, keepdims=True), out=a)
    np.exp(a, out=a)
    return np.divide(a, np.add.reduce(a, axis=1)[:, None])
# %% m_step
def M_step(X, gamma):
    N, d = X.shape
    Nk = gamma.sum(axis=0)
    pi = (Nk + 1) / (N + len(Nk))          # Laplace smoothing, otherwise a weight may be zero
    mu = gamma.T @ X / Nk[:, None]
    sigma = np.array([np.einsum("n,ni,nj->ij", g, X - m, X - m) for g, m in zip(gamma.T, mu)]) / Nk[:, None, None]
    return pi, mu, sigma
# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    C, d = mu.shape
    tiny = np.finfo(float).tiny
    loss = 0.0
    for c in range(C):
        centred = X - mu[c]
        maha = np.einsum("nd,dn->n", centred, solve(sigma[c], centred.T))
        a = np.log(np.maximum(pi[c], tiny)) - 0.5 * (slogdet(sigma[c])[1] + maha + d * np.log(2 * np.pi))
        loss += gamma[:, c] @ (a - np.log(gamma[:, c] + tiny))
    return loss
# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    N, d = X.shape
    best_loss, best_pi, best_mu, best_sigma = -np.inf, None, None, None
    for _ in tqdm(range(restarts), file=sys.stdout):
        pi = np.full(C, 1 / C)
        mu = X[np.random.choice(N, C, replace=False)]
        sigma = np.tile(np.diag(X.var(axis=0)), (C, 1, 1))
        prev = None
        for _ in range(max_iter):
            gamma = E_step(X, pi, mu, sigma)
            pi, mu, sigma = M_step(X, gamma)
            loss = compute_vlb(X, pi, mu, sigma, gamma)
            if prev is not None and abs((loss - prev) / prev) <= rtol:
                break
            prev = loss
        if loss > best_loss:
            best_loss, best_pi, best_mu, best_sigma = loss, pi.copy(), mu.copy(), sigma.copy()
    return best_loss, best_pi, best_mu, best_sigma
