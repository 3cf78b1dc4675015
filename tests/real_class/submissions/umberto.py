# %% e_step
def E_step(X, pi, mu, sigma):
    N, d = X.shape
    C = len(pi)
    log_g = np.zeros((N, C))
    for c in range(C):
        X -= mu[c]
        log_g[:, c] = np.log(pi[c]) - 0.5 * slogdet(sigma[c])[1] - 0.5 * (X.T * solve(sigma[c], X.T)).sum(axis=0)
    log_g -= np.max(log_g, axis=1)[:, np.newaxis]
    np.exp(log_g, out=log_g)
    log_g /= log_g.sum(axis=0)
    return log_g
# %% m_step
def M_step(X, gamma):
    N, d = X.shape
    C = gamma.shape[1]
    Nk = gamma.sum(axis=0)
    pi = Nk / N
    w = gamma / Nk
    mu = w.T @ X
    sigma = np.zeros((C, d, d))
    for c in range(C):
        Z = X - mu[c]
        sigma[c] = Z.T @ (w[:, c:c + 1] * Z)
    return pi, mu, sigma
# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    N, d = X.shape
    gamma[gamma == 0] = 2e-6      # log(0) is not defined
    loss = -np.sum(gamma * np.log(gamma))
    for c in range(len(pi)):
        Z = X - mu[c]
        log_n = -0.5 * d * np.log(2 * np.pi) - 0.5 * slogdet(sigma[c])[1] - 0.5 * (Z.T * solve(sigma[c], Z.T)).sum(axis=0)
        loss += np.sum(gamma[:, c] * (np.log(pi[c]) + log_n))
    return loss
# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    N, d = X.shape
    best_loss = -np.inf
    best_pi, best_mu, best_sigma = np.empty(C), np.empty((C, d)), np.empty((C, d, d))
    pi, mu, sigma = np.empty(C), np.empty((C, d)), np.empty((C, d, d))
    for _ in tqdm(range(restarts), file=sys.stdout):
        pi[:] = 1 / C
        mu[:] = X[np.random.choice(N, C, replace=False)]
        sigma[:] = np.eye(d) * X.var(axis=0)
        lossi_old = np.nan
        try:
            for _ in range(max_iter):
                gamma = E_step(X, pi, mu, sigma)
                pi[:], mu[:], sigma[:] = M_step(X, gamma)
                lossi = compute_vlb(X, pi, mu, sigma, gamma)
                if abs(lossi - lossi_old) <= rtol * abs(lossi_old):
                    break
                lossi_old = lossi
        except LinAlgError:
            continue
        if lossi > best_loss:
            best_loss = lossi
            best_pi, best_mu, best_sigma = pi, mu, sigma
    return best_loss, best_pi, best_mu, best_sigma
