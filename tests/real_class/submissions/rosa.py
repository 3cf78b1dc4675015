# %% e_step
def E_step(X, pi, mu, sigma):
    K = len(pi)
    l = []
    for k in range(K):
        xm = X - mu[k]
        s, ld = slogdet(sigma[k])
        l.append(np.log(pi[k]) - 0.5 * ld - 0.5 * np.einsum('nd,nd->n', xm, solve(sigma[k], xm.T).T))
    l = np.stack(l, axis=1)
    l = l - l.max(axis=0)
    # cada cluster es una distribucion sobre los puntos
    return np.exp(l) / np.exp(l).sum(axis=0)
# %% m_step
def M_step(X, gamma):
    N, d = X.shape
    K = gamma.shape[1]
    mu = gamma.T @ X / N
    sigma = np.zeros((K, d, d))
    for k in range(K):
        xm = X - mu[k]
        sigma[k] = np.einsum('n,ni,nj->ij', gamma[:, k], xm, xm) / N
    pi = gamma.mean(axis=1)
    return pi, mu, sigma
# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    N, d = X.shape
    vlb = 0
    for k in range(len(pi)):
        xm = X - mu[k]
        s, ld = slogdet(sigma[k])
        logp = -0.5 * (np.log(2 * np.pi) + ld + np.einsum('nd,nd->n', xm, solve(sigma[k], xm.T).T))
        vlb += gamma[:, k] @ (np.log(pi[k]) + logp)
    g = gamma + 1e-9
    return vlb - (g * np.log(g)).sum()
# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    N, d = X.shape
    best = None
    spread = X.std(axis=0)
    for seed in tqdm(range(restarts), file=sys.stdout):
        rng = np.random.default_rng(seed)          # otra semilla cada vez
        pi = np.ones(C) / C
        mu = X.mean(axis=0) + spread * rng.standard_normal((C, d))
        sigma = np.array([np.diag(spread ** 2)] * C)
        before = None
        alive = True
        for i in range(max_iter):
            try:
                with np.errstate(divide='ignore', invalid='ignore'):
                    gamma = E_step(X, pi, mu, sigma)
                    pi, mu, sigma = M_step(X, gamma)
                    now = compute_vlb(X, pi, mu, sigma, gamma)
                    flat = np.linalg.eigvalsh(sigma / np.outer(spread, spread)).min()
            except (LinAlgError, ValueError):
                alive = False
                break
            if not np.isfinite(now) or not flat > 1e-6:
                alive = False
                break
            if before is not None and abs((now - before) / before) <= rtol:
                break
            before = now
        if alive and (best is None or now > best[0]):
            best = (now, pi.copy(), mu.copy(), sigma.copy())
    if best is None:
        raise RuntimeError('no restart survived')
    return best
