# %% e_step
def E_step(X, pi, mu, sigma):
    N = X.shape[0]
    C = pi.shape[0]
    log_r = np.full((N, C), -np.inf)
    for c in range(0, C - 1):
        diff = X - mu[c]
        log_r[:, c] = np.log(pi[c]) - 0.5 * np.log(np.linalg.det(sigma[c])) - 0.5 * (diff.T * solve(sigma[c], diff.T)).sum(axis=0)
    log_r = log_r - log_r.max(axis=1, keepdims=True)
    r = np.exp(log_r)
    return r / r.sum(axis=1, keepdims=True)
# %% m_step
def M_step(X, gamma):
    N, d = X.shape
    C = gamma.shape[1]
    pi = np.zeros(C)
    mu = np.zeros((C, d))
    sigma = np.zeros((C, d, d))
    for c in range(C):
        Nc = gamma[:, c].sum()
        pi[c] = Nc / N
        mu[c] = (gamma[:, c] @ X) / Nc
        for n in range(N):
            diff = (X[n] - mu[c])[:, None]
            sigma[c] = gamma[n, c] * diff @ diff.T       # add up the outer products
        sigma[c] /= N
    return pi, mu, sigma
# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    N, d = X.shape
    C = gamma.shape[1]
    loss = 0
    for c in range(C):
        diff = X - mu[c]
        log_n = -C / 2 * np.log(2 * np.pi) - 0.5 * slogdet(sigma[c])[1] - 0.5 * (diff.T * solve(sigma[c], diff.T)).sum(axis=0)
        for n in range(N):
            if gamma[n, c] > 0:
                loss += gamma[n, c] * (np.log(pi[c]) + log_n[n] - np.log(gamma[n, c]))
        return loss
# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    N, d = X.shape
    best_loss = float("-inf")
    for r in tqdm(range(1, restarts), file=sys.stdout):
        pi = np.ones(C) / C
        mu = X[np.random.choice(N, C, replace=False)]
        sigma = np.array([np.cov(X, rowvar=False).reshape(d, d)] * C)
        loss = 0
        for i in range(1, max_iter):
            gamma = E_step(X, pi, mu, sigma)
            pi, mu, sigma = M_step(X, gamma)
            old_loss = loss
            loss = compute_vlb(X, pi, mu, sigma, gamma)
            if i > 1 and abs((loss - old_loss) / old_loss) <= rtol:
                break
        if loss > best_loss:
            best_loss, best_pi, best_mu, best_sigma = loss, pi, mu, sigma
    return best_loss, best_pi, best_mu, best_sigma
