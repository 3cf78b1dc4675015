# %% e_step
def E_step(X, pi, mu, sigma):
    N, d = X.shape
    C = len(pi)
    cols = []
    for c in range(C):
        diff = X - mu[c]
        maha = np.sum(diff * solve(sigma[c], diff.T).T, axis=1, keepdims=True)      # (N, 1)
        with np.errstate(divide="ignore"):
            cols.append(np.log(pi[c]) - 0.5 * slogdet(sigma[c])[1] - 0.5 * maha)
    A = np.hstack(cols)
    A = A - np.logaddexp.reduce(A, axis=1, keepdims=True)
    return np.exp(A)
# %% m_step
def M_step(X, gamma):
    N, d = X.shape
    Nk = gamma.sum(axis=0, keepdims=True)            # (1, C)
    pi = Nk / N
    mu = gamma.T @ X / Nk.T
    sigma = np.stack([(X - m).T @ ((X - m) * g[:, None]) / g.sum() for m, g in zip(mu, gamma.T)])
    return pi, mu, sigma
# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    N, d = X.shape
    loss = np.zeros((1, 1))
    for c in range(gamma.shape[1]):
        diff = X - mu[c]
        maha = np.sum(diff * solve(sigma[c], diff.T).T, axis=1, keepdims=True)      # (N, 1)
        logn = -0.5 * d * np.log(2 * np.pi) - 0.5 * slogdet(sigma[c])[1] - 0.5 * maha
        g = gamma[:, c]
        safe = np.where(g > 0, g, 1)
        loss += np.sum(g * (np.log(pi[c]) + logn)) - np.sum(g * np.log(safe))
    return loss
# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    N, d = X.shape
    best_loss, best_pi, best_mu, best_sigma = [], [], [], []
    for i in tqdm(range(restarts), file=sys.stdout):
        pi = np.ones((C, 1)) / C
        mu = X[np.random.choice(N, size=C, replace=False)]
        sigma = np.tile(np.diag(np.var(X, axis=0)), (C, 1, 1))
        loss = None
        for j in range(max_iter):
            gamma = E_step(X, pi, mu, sigma)
            pi, mu, sigma = M_step(X, gamma)
            old_loss = loss
            loss = compute_vlb(X, pi, mu, sigma, gamma)
            if old_loss is not None and abs((loss - old_loss) / old_loss) <= rtol:
                break
        best_loss.append(loss); best_pi.append(pi); best_mu.append(mu); best_sigma.append(sigma)
    return best_loss, best_pi, best_mu, best_sigma
