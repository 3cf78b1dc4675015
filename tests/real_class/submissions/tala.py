# %% e_step
def E_step(X, pi, mu, sigma):
    N, d = X.shape
    C, = pi.shape
    L = np.linalg.cholesky(sigma)                              # all components at once
    Y = np.linalg.solve(L, (X[None] - mu[:, None]).transpose(0, 2, 1))
    maha = (Y ** 2).sum(axis=1).T
    logdet = 2 * np.log(np.diagonal(L, axis1=1, axis2=2)).sum(axis=1)
    with np.errstate(divide='ignore'):
        A = np.log(pi)[None, :] - logdet[None, :] / 2 - maha / 2
    A = np.exp(A - A.max(axis=1)[:, None])
    return A / A.sum(axis=1)[:, None]
# %% m_step
def M_step(X, gamma):
    N, d = X.shape
    C = gamma.shape[1]
    pi = gamma.sum(axis=0) / N
    mu = X.T @ gamma / gamma.sum(axis=0)           # (d, C)
    sigma = np.zeros((C, d, d))
    for c in range(C):
        dif = X - mu[:, c]
        sigma[c] = dif.T @ (dif * gamma[:, c][:, None]) / (gamma[:, c].sum() + 1e-5)
    return pi, mu, sigma
# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    N, d = X.shape
    C, = pi.shape
    logp = np.zeros((N, C))
    for c in range(C):
        L = np.linalg.cholesky(sigma[c])
        y = np.linalg.solve(L, (X - mu[c]).T)
        logp[:, c] = -0.5 * d * np.log(2 * np.pi) - np.log(np.diag(L)).sum() - 0.5 * (y ** 2).sum(axis=0)
    nz = gamma != 0
    W = np.broadcast_to(pi, (N, C))
    return (gamma[nz] * (np.log(W[nz]) + logp[nz] - np.log(gamma[nz]))).sum()
# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    N, d = X.shape
    s = X.std(axis=0)
    S = s[:, None] * s
    results = []
    for r in tqdm(range(restarts), file=sys.stdout):
        mu = X[np.random.randint(N, size=C)] + np.random.normal(scale=0.1, size=(C, d)) * s
        pi = np.random.uniform(0.5, 1.5, C)
        pi = pi / pi.sum()
        A = np.random.normal(size=(C, d, d))
        sigma = S * (0.2 * A @ A.transpose(0, 2, 1) + 0.8 * np.eye(d))
        L = []
        try:
            while len(L) < max_iter:
                gamma = E_step(X, pi, mu, sigma)
                if (gamma.sum(axis=0) < 1e-8).any():
                    raise LinAlgError('empty component')
                pi, mu, sigma = M_step(X, gamma)
                if np.linalg.eigvalsh(sigma / S).min() < 1e-6:
                    raise LinAlgError('component too narrow')
                L.append(compute_vlb(X, pi, mu, sigma, gamma))
                if not np.isfinite(L[-1]):
                    raise LinAlgError('bound not finite')
                if len(L) > 1 and abs(L[-1] - L[-2]) <= rtol * abs(L[-2]):
                    break
        except LinAlgError:
            pass
        else:
            results.append((L[-1], pi, mu, sigma))
    if len(results) == 0:
        raise RuntimeError('All restarts failed: a component collapsed every time.')
    best = int(np.argmax([res[0] for res in results]))
    return results[best]
