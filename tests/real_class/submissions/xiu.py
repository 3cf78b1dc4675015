# %% e_step
def E_step(X, pi, mu, sigma):
    N, d = X.shape
    C = pi.size
    log_p = np.empty((N, C))
    for c in range(C):
        L = np.linalg.cholesky(sigma[c] + 3e-9 * np.eye(d))
        y = solve(L, (X - mu[c]).T)
        log_p[:, c] = np.log(pi[c]) - np.log(np.diag(L)).sum() - 0.5 * (y * y).sum(0)
    p = np.exp(np.clip(log_p, -700, 700))       # no under- or overflow
    return p / p.sum(1, keepdims=True)
# %% m_step
def M_step(X, gamma):
    N, d = X.shape
    Nk = np.maximum(gamma.sum(0), 1.0)           # at least one point for each component
    mu = gamma.T @ X / Nk[:, None]
    sigma = np.empty((Nk.size, d, d))
    for c in range(Nk.size):
        Z = X - mu[c]
        sigma[c] = Z.T @ (gamma[:, c, None] * Z) / Nk[c] + 3e-9 * np.eye(d)
    return Nk / Nk.sum(), mu, sigma
# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    N, d = X.shape
    total = 0.0
    for c in range(pi.size):
        L = np.linalg.cholesky(sigma[c] + 3e-9 * np.eye(d))
        y = solve(L, (X - mu[c]).T)
        lp = np.log(pi[c]) - np.log(np.diag(L)).sum() - 0.5 * (y * y).sum(0) - 0.5 * d * np.log(2 * np.pi)
        g = np.clip(gamma[:, c], 3e-9, 1 - 3e-9)
        total += (g * lp).sum() - (g * np.log(g)).sum()
    return float(total)
# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    N, d = X.shape
    best_loss = -np.inf
    best_pi = np.ones(C) / C
    best_mu = X[np.random.choice(N, C, replace=False)]
    best_sigma = np.array([np.cov(X.T).reshape(d, d)] * C)
    for _ in tqdm(range(restarts), file=sys.stdout):
        # go on from the best so far
        mu = best_mu
        sigma = best_sigma
        pi = best_pi
        prev = 0
        for it in range(max_iter):
            try:
                gamma = E_step(X, pi, mu, sigma)
                pi, mu, sigma = M_step(X, gamma)
                loss = compute_vlb(X, pi, mu, sigma, gamma)
            except LinAlgError:
                break
            if it and abs(loss - prev) / abs(prev) <= rtol:
                break
            prev = loss
        best_pi, best_mu, best_sigma = pi, mu, sigma
        best_loss = max(best_loss, loss)
    return best_loss, best_pi, best_mu, best_sigma
