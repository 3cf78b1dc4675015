# %% e_step
def E_step(X, pi, mu, sigma):
    N, d = X.shape
    C = len(pi)
    la = np.zeros((N, C))
    for c in range(C):
        L = np.linalg.cholesky(sigma[c])
        z = solve(L.T, (X - mu[c]).T)       # whitening
        la[:, c] = np.log(pi[c]) - 0.5 * np.sum(np.log(np.diag(L))) - 0.5 * np.sum(z ** 2, 0)
    la -= np.max(la, 1, keepdims=True)
    ea = np.exp(la)
    return ea / np.sum(ea, 1, keepdims=True)
# %% m_step
def M_step(X, gamma):
    Nc = np.sum(gamma, 0)
    mu = gamma.T @ X / Nc[:, None]
    diff = X[:, None] - mu
    sigma = np.einsum('nc,nci,ncj->cij', gamma, diff, diff) / len(X)     # / Nc gives a shape error
    sigma += 5e-5 * np.eye(X.shape[1])
    return Nc / len(X), mu, sigma
# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    N, d = X.shape
    C = len(pi)
    loss = 0
    for c in range(C):
        L = np.linalg.cholesky(sigma[c])
        z = solve(L.T, (X - mu[c]).T)
        logN = -d / 2 * np.log(2 * np.pi) - 0.5 * np.sum(np.log(np.diag(L))) - 0.5 * np.sum(z ** 2, 0)
        gc = gamma[:, c]
        loss += np.sum(gc * (np.log(pi[c]) + logN)) - np.sum(gc[gc > 1e-3] * np.log(gc[gc > 1e-3]))
    return loss
# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    N, d = X.shape
    best_loss = -np.inf
    best_pi = best_mu = best_sigma = None
    # random start
    start_mu = X[np.random.choice(N, C, replace=False)]
    start_sigma = np.array([np.diag(np.var(X, 0)) for _ in range(C)])
    start_pi = np.random.dirichlet(np.ones(C) * 4)
    for r in tqdm(range(restarts), file=sys.stdout):
        pi, mu, sigma = start_pi.copy(), start_mu.copy(), start_sigma.copy()
        old_loss = None
        try:
            for i in range(max_iter):
                gamma = E_step(X, pi, mu, sigma)
                pi, mu, sigma = M_step(X, gamma)
                loss = compute_vlb(X, pi, mu, sigma, gamma)
                if old_loss is not None and abs((loss - old_loss) / old_loss) <= rtol:
                    break
                old_loss = loss
        except LinAlgError:
            continue
        if np.isfinite(loss) and loss > best_loss:
            best_loss, best_pi, best_mu, best_sigma = loss, pi.copy(), mu.copy(), sigma.copy()
    if best_pi is None:
        raise RuntimeError("no success")
    return best_loss, best_pi, best_mu, best_sigma
