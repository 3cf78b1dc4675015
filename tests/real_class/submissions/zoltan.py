# %% e_step
def E_step(X, pi, mu, sigma):
    n, d = X.shape
    C = len(mu)
    out = np.zeros((n, C))
    for c in range(C):
        v = X - mu[c]
        out[:, c] = np.log(pi[c]) + 0.5 * slogdet(sigma[c])[1] - 0.5 * np.sum((v @ sigma[c]) * v, axis=1)
    out = np.exp(out - np.max(out, axis=1).reshape(-1, 1))
    return out / np.sum(out, axis=1).reshape(-1, 1)
# %% m_step
def M_step(X, gamma):
    n, d = X.shape
    C = gamma.shape[1]
    w = gamma / np.sum(gamma, axis=0)
    mu = np.dot(w.T, X)
    prec = np.zeros((C, d, d))
    for c in range(C):
        v = X - np.mean(X, axis=0)
        S = np.zeros((d, d))
        for i in range(n):
            S += w[i, c] * np.outer(v[i], v[i])
        prec[c] = np.linalg.pinv(S)
    pi = np.sum(gamma, axis=0) / np.sum(gamma)
    return pi, mu, prec
# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    n, d = X.shape
    C = len(mu)
    val = 0.0
    for c in range(C):
        v = X - mu[c]
        logdens = -0.5 * d * np.log(2 * np.pi) + 0.5 * slogdet(sigma[c])[1] - 0.5 * np.sum((v @ sigma[c]) * v, axis=1)
        g = gamma[:, c]
        val = val + np.sum(g * (np.log(pi[c]) + logdens))
        val = val - np.sum(g * np.log(g, where=g > 0, out=np.zeros_like(g)))
    return -val
# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    n, d = X.shape
    best_loss = np.inf
    best = None
    for r in tqdm(range(restarts), file=sys.stdout):
        pi = np.ones(C) / C
        mu = X[np.random.choice(n, C, replace=False)]
        sigma = np.array([np.cov(X.T).reshape(d, d) for _ in range(C)])
        loss = np.inf
        for it in range(max_iter):
            try:
                gamma = E_step(X, pi, mu, sigma)
                pi, mu, sigma = M_step(X, gamma)
                new_loss = -compute_vlb(X, pi, mu, sigma, gamma)     # loss = minus the bound
            except LinAlgError:
                new_loss = np.nan
                break
            if it > 0 and abs((new_loss - loss) / loss) <= rtol:
                break
            loss = new_loss
        if new_loss < best_loss:
            best_loss = new_loss
            best = (best_loss, pi.copy(), mu.copy(), sigma.copy())
    return best
