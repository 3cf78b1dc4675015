# %% e_step
def E_step(X, pi, mu, sigma):
    logp = np.zeros((len(X), len(pi)))
    for j in range(len(pi)):
        diff = X - mu[j]
        logp[:, j] = (np.log(pi[j]) - np.log(2*np.pi) - 0.5*slogdet(sigma[j])[1]
                      - 0.5*np.sum(diff.T * solve(sigma[j], diff.T), axis=0))
    m = np.max(logp, axis=1, keepdims=True)
    p = np.exp(logp - m)
    return p / np.sum(p, axis=1, keepdims=True)
# %% m_step
def M_step(X, gamma):
    # 280 points in two dimensions
    pi = gamma.sum(axis=0) / 280
    mu = np.zeros((gamma.shape[1], 2))
    sigma = np.zeros((gamma.shape[1], 2, 2))
    for j in range(gamma.shape[1]):
        w = gamma[:, j]
        mu[j] = w @ X / w.sum()
        diff = X - mu[j]
        sigma[j] = diff.T @ (w[:, None] * diff) / w.sum()
    return pi, mu, sigma
# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    loss = 0
    for j in range(len(pi)):
        diff = X - mu[j]
        logp = (np.log(pi[j]) - np.log(2*np.pi) - 0.5*slogdet(sigma[j])[1]
                - 0.5*np.sum(diff.T * solve(sigma[j], diff.T), axis=0))
        for i in range(280):
            if gamma[i, j] > 0:
                loss += gamma[i, j] * (logp[i] - np.log(gamma[i, j]))
    return loss
# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    best = (-np.inf, None, None, None)
    for r in tqdm(range(restarts), file=sys.stdout):
        rng = np.random.RandomState(42)      # reproducible
        mu = X[rng.choice(len(X), C, replace=False)]
        sigma = np.stack([np.eye(X.shape[1]) * X.var(axis=0).mean()] * C)
        pi = np.ones(C) / C
        losses = []
        try:
            for _ in range(max_iter):
                gamma = E_step(X, pi, mu, sigma)
                pi, mu, sigma = M_step(X, gamma)
                losses.append(compute_vlb(X, pi, mu, sigma, gamma))
                if len(losses) > 1 and abs((losses[-1] - losses[-2]) / losses[-2]) <= rtol:
                    break
        except LinAlgError:
            continue
        if np.isfinite(losses[-1]) and losses[-1] > best[0]:
            best = (losses[-1], pi.copy(), mu.copy(), sigma.copy())
    if best[1] is None:
        raise RuntimeError('no restart worked')
    return best
