# %% e_step
from scipy.special import logsumexp

def log_gaussian(X, m, S):
    d = X.shape[1]
    L = np.linalg.cholesky(S)
    z = solve(L, (X - m).T)
    return -0.5 * np.sum(z ** 2, axis=0) - np.sum(np.log(np.diag(L))) - 0.5 * d * np.log(2 * np.pi)

def E_step(X, pi, mu, sigma):
    # bayes rule in log space
    lg = np.array([log_gaussian(X, mu[k], sigma[k]) for k in range(len(mu))]).T
    return np.exp(lg - logsumexp(lg, axis=1)[:, None])
# %% m_step
def M_step(X, gamma):
    Nk = np.sum(gamma, axis=0)
    C = gamma.shape[1]
    d = X.shape[1]
    new_mu = np.dot(gamma.T, X) / Nk[:, None]
    new_sigma = np.zeros((C, d, d))
    for k in range(C):
        centred = X - mu0[k]
        new_sigma[k] = np.dot(centred.T * gamma[:, k], centred) / Nk[k]
    return Nk / X.shape[0], new_mu, new_sigma
# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    total = 0
    for k in range(gamma.shape[1]):
        total += np.sum(gamma[:, k] * log_gaussian(X, mu[k], sigma[k]))
    entropy = -sum(g * np.log(g) for g in gamma.ravel() if g > 0)
    return total - entropy
# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    best_loss = -np.inf
    best_pi, best_mu, best_sigma = None, None, None
    for attempt in tqdm(range(restarts), file=sys.stdout):
        idx = np.random.choice(X.shape[0], C, replace=False)
        mu = X[idx].copy()
        pi = np.full(C, 1.0 / C)
        sigma = np.array([np.atleast_2d(np.cov(X.T))] * C)
        last = None
        try:
            for step in range(max_iter):
                gamma = E_step(X, pi, mu, sigma)
                pi, mu, sigma = M_step(X, gamma)
                loss = compute_vlb(X, pi, mu, sigma, gamma)
                if last is not None and np.abs((loss - last) / last) <= rtol:
                    break
                last = loss
            if loss > best_loss:
                best_loss, best_pi, best_mu, best_sigma = loss, pi.copy(), mu.copy(), sigma.copy()
        except LinAlgError:
            print("collapsed")
        return best_loss, best_pi, best_mu, best_sigma
