# %% e_step
def E_step(X, pi, mu, sigma):
    n, d = X.shape
    k = len(pi)
    log_r = np.zeros((n, k), dtype=np.float)
    for j in range(k):
        diff = (X - mu[j]).T
        log_r[:, j] = np.log(pi[j]) - 0.5 * (slogdet(sigma[j])[1] + (diff * solve(sigma[j], diff)).sum(0))
    log_r -= log_r.max(1)[:, None]      # Trick 1 (groesste Zahl abziehen)
    r = np.exp(log_r)
    return r / r.sum(1)[:, None]
# %% m_step
def M_step(X, gamma):
    n, d = X.shape
    k = gamma.shape[1]
    mass = gamma.sum(0)
    mu = np.array([gamma[:, j] @ X for j in range(k)]) / mass[:, None]
    sigma = []
    for j in range(k):
        z = X - mu[j]
        sigma.append(z.T @ (gamma[:, j:j+1] * z) / mass[j])
    return mass / n, mu, np.array(sigma)
# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    n, d = X.shape
    loss = 0.0
    for j in range(len(pi)):
        diff = (X - mu[j]).T
        logN = -0.5 * (d * np.log(2 * np.pi) + slogdet(sigma[j])[1] + (diff * solve(sigma[j], diff)).sum(0))
        g = gamma[:, j]
        nz = np.nonzero(g)
        loss += np.dot(g[nz], np.log(pi[j]) + logN[nz] - np.log(g[nz])) if g.any() else 0.0
    return loss
# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    best_loss = -np.Inf
    best_pi, best_mu, best_sigma = None, None, None
    n, d = X.shape
    for r in tqdm(range(restarts), file=sys.stdout):
        pi = np.random.rand(C); pi /= pi.sum()
        mu = X[np.random.permutation(n)[:C]]
        sigma = np.array([np.cov(X.T) for j in range(C)])
        old = np.NaN
        try:
            for i in range(max_iter):
                gamma = E_step(X, pi, mu, sigma)
                pi, mu, sigma = M_step(X, gamma)
                loss = compute_vlb(X, pi, mu, sigma, gamma)
                if abs((loss - old) / old) <= rtol:
                    break
                old = loss
            if loss > best_loss:
                best_loss = loss
                best_pi, best_mu, best_sigma = pi.copy(), mu.copy(), sigma.copy()
        except LinAlgError:
            pass
    return best_loss, best_pi, best_mu, best_sigma
