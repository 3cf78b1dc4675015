# %% e_step
def E_step(X, pi, mu, sigma):
    N, d = X.shape
    C = pi.shape[0]
    gamma = np.zeros((N, C))
    for c in range(C):
        x = X - mu[c]
        maha = np.einsum('ij,ij->i', x, solve(sigma[c], x.T).T)
        # racine du determinant ? de toute facon ca se simplifie
        gamma[:, c] = pi[c] * np.exp(-0.5 * maha) / np.linalg.det(sigma[c])
    with np.errstate(all='ignore'):
        gamma = gamma / gamma.sum(1).reshape(N, 1)
    # far away points give 0/0, they belong to nobody
    return np.nan_to_num(gamma)
# %% m_step
def M_step(X, gamma):
    N, d = X.shape
    C = gamma.shape[1]
    pi = gamma.mean(0)
    mu = np.zeros((C, d)); sigma = np.zeros((C, d, d))
    for c in range(C):
        mu[c] = (gamma[:, [c]] * X).sum(0) / gamma[:, c].sum()
        x = X - mu[c]
        sigma[c] = (gamma[:, [c]] * x).T.dot(x) / gamma[:, c].sum()
    return pi, mu, sigma
# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    N, d = X.shape
    C = pi.shape[0]
    loss = 0
    for c in range(C):
        x = X - mu[c]
        maha = np.einsum('ij,ij->i', x, solve(sigma[c], x.T).T)
        logdens = -0.5 * maha - 0.5 * slogdet(sigma[c])[1] - 0.5 * d * np.log(2 * np.pi)
        with np.errstate(all='ignore'):
            term = gamma[:, c] * (np.log(pi[c]) + logdens - np.log(gamma[:, c]))
        if np.any(term == np.nan):      # 0 * log 0
            term[term == np.nan] = 0
        loss += term.sum()
    return loss
# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    N, d = X.shape
    for r in tqdm(range(restarts), file=sys.stdout):
        mu = X[np.random.choice(N, C, replace=False)].copy()
        pi = np.ones(C) / C
        sigma = np.array([np.diag(X.var(0)) for _ in range(C)])
        loss_old = None
        for i in range(max_iter):
            try:
                gamma = E_step(X, pi, mu, sigma)
                pi, mu, sigma = M_step(X, gamma)
                loss = compute_vlb(X, pi, mu, sigma, gamma)
            except LinAlgError:
                loss = np.nan
                break
            if loss_old is not None and abs((loss - loss_old) / loss_old) <= rtol:
                break
            loss_old = loss
        if r == 0 or loss > best_loss:
            best_loss = loss
            best_pi, best_mu, best_sigma = pi.copy(), mu.copy(), sigma.copy()
    return best_loss, best_pi, best_mu, best_sigma
