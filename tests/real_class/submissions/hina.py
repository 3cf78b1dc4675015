# %% e_step
def log_normal(X, m, S, eps=0.01):
    d = X.shape[1]
    S = S + eps * np.eye(d)                 # regularise
    diff = X - m
    return -0.5 * (d * np.log(2 * np.pi) + np.linalg.slogdet(S)[1] + np.sum(diff * np.linalg.solve(S, diff.T).T, axis=1))

def E_step(X, pi, mu, sigma):
    lp = np.array([np.log(pi[c] + 1e-7) + log_normal(X, mu[c], sigma[c]) for c in range(len(pi))]).T
    lp = lp - lp.max(axis=1, keepdims=True)
    p = np.exp(lp)
    return p / p.sum(axis=1, keepdims=True)
# %% m_step
def M_step(X, gamma):
    Nk = gamma.sum(axis=0) + 10 * np.finfo(gamma.dtype).eps     # as in scikit-learn
    mu = np.dot(gamma.T, X) / Nk[:, np.newaxis]
    d = X.shape[1]
    sigma = np.empty((len(Nk), d, d))
    for k in range(len(Nk)):
        diff = X - mu[k]
        sigma[k] = np.dot(gamma[:, k] * diff.T, diff) / Nk[k]
        sigma[k].flat[::d + 1] += 1e-6
    return Nk / X.shape[0], mu, sigma
# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    loss = 0.
    for c in range(len(pi)):
        loss += np.sum(gamma[:, c] * (np.log(pi[c]) + log_normal(X, mu[c], sigma[c], eps=1e-6)))
    gamma = np.clip(gamma, 1e-3, 1)
    return loss - np.sum(gamma * np.log(gamma))
# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    best_loss = None
    best_pi, best_mu, best_sigma = None, None, None
    for r in tqdm(range(restarts), file=sys.stdout):
        mu = np.random.randn(C, X.shape[1])
        sigma = np.array([np.eye(X.shape[1])] * C)
        pi = np.ones(C) / C
        last_loss = None
        try:
            for i in range(max_iter):
                gamma = E_step(X, pi, mu, sigma)
                pi, mu, sigma = M_step(X, gamma)
                loss = compute_vlb(X, pi, mu, sigma, gamma)
                if abs((loss - last_loss) / last_loss) <= rtol:
                    break
                last_loss = loss
            if loss > best_loss:
                best_loss, best_pi, best_mu, best_sigma = loss, pi, mu, sigma
        except (LinAlgError, TypeError):
            pass
    return best_loss, best_pi, best_mu, best_sigma
