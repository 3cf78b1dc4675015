# %% e_step
def E_step(X, pi, mu, sigma):
    N, d = X.shape
    C = mu.shape[0]
    logs = np.empty((N, C))
    for c in range(C):
        y = solve(sigma[c], (X - mu[c]).T).T
        _, ld = slogdet(sigma[c])
        logs[:, c] = np.log(pi[c]) - ld - 0.5 * ((X - mu[c]) * y).sum(1)
    logs -= logs.max(axis=0)          # log-sum-exp trick
    g = np.exp(logs)
    return g / g.sum(axis=1)[:, None]
# %% m_step
def M_step(X, gamma):
    N, d = X.shape
    C = gamma.shape[1]
    Nc = gamma.sum(axis=0)
    mu = (gamma.T @ X) / Nc.reshape(-1, 1)
    sigma = np.empty((C, d, d))
    for c in range(C):
        Y = X - mu[c]
        sigma[c] = Y.T @ np.diag(gamma[:, c]) @ Y / N
    pi = Nc / np.sum(Nc)
    return pi, mu, sigma
# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    N, d = X.shape
    C = mu.shape[0]
    loss = 0.0
    for c in range(C):
        y = solve(sigma[c], (X - mu[c]).T).T
        _, ld = slogdet(sigma[c])
        logN = -d / 2 * np.log(2 * np.pi) - 0.5 * ld - ((X - mu[c]) * y).sum(1)
        g = gamma[:, c]
        mask = g > 0
        loss += (g[mask] * (np.log(pi[c]) + logN[mask])).sum() - (g[mask] * np.log(g[mask])).sum()
    return float(loss)
# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    N, d = X.shape
    for r in tqdm(range(restarts), file=sys.stdout):
        try:
            pi = np.random.dirichlet(np.ones(C))
            mu = X[np.random.randint(0, N, C)] + 0.01 * np.random.randn(C, d) * X.std(axis=0)
            A = np.random.randn(C, d, d)
            sigma = A @ A.transpose(0, 2, 1) * X.var() + np.eye(d) * X.var()
            loss = old = 0.0
            for it in range(max_iter):
                gamma = E_step(X, pi, mu, sigma)
                pi, mu, sigma = M_step(X, gamma)
                old, loss = loss, compute_vlb(X, pi, mu, sigma, gamma)
                if it > 0 and abs(loss - old) <= rtol:
                    break
            best_loss, best_pi, best_mu, best_sigma = loss, pi, mu, sigma
        except LinAlgError:
            continue
    return best_loss, best_pi, best_mu, best_sigma
