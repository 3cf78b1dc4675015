# %% e_step
from scipy.stats import multivariate_normal as mvn

def E_step(X, pi, mu, sigma):
    dens = np.array([pi[c] * mvn.pdf(X, mu[c], sigma[c]) for c in range(len(pi))]).T
    dens = np.maximum(dens, 1e-300)
    return dens / dens.sum(axis=1, keepdims=True)
# %% m_step
def M_step(X, gamma):
    N, d = X.shape
    C = gamma.shape[1]
    Nk = np.sum(gamma, 0)
    mu = np.matmul(gamma.T, X) / Nk[:, None]
    sigma = np.empty((C, d, d))
    for c in range(C):
        e = X - mu[c]
        # unbiased estimate
        sigma[c] = e.T @ (e * gamma[:, c:c+1]) / (Nk[c] - 1) + np.eye(d) * 1e-12
    return Nk / N, mu, sigma
# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    tiny = np.finfo(float).tiny
    loss = 0
    for c in range(len(pi)):
        logd = np.log(mvn.pdf(X, mu[c], sigma[c]) + tiny)
        loss += np.sum(gamma[:, c] * (np.log(pi[c] + tiny) + logd))
        loss -= np.sum(gamma[:, c] * np.log(gamma[:, c] + tiny))
    return loss
# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    N, d = X.shape
    best_loss = -20000
    best_pi, best_mu, best_sigma = np.zeros(C), np.zeros((C, d)), np.zeros((C, d, d))
    for t in tqdm(range(restarts), file=sys.stdout):
        try:
            pi = np.ones(C) / C
            mu = X[np.random.choice(N, C, replace=False)]
            sigma = np.array([np.eye(d) * np.var(X, axis=0) for c in range(C)])
            losses = []
            for i in range(max_iter):
                gamma = E_step(X, pi, mu, sigma)
                pi, mu, sigma = M_step(X, gamma)
                losses.append(compute_vlb(X, pi, mu, sigma, gamma))
                if i > 0 and np.abs((losses[i] - losses[i-1]) / losses[i-1]) <= rtol:
                    break
            if losses[-1] > best_loss:
                best_loss, best_pi, best_mu, best_sigma = losses[-1], pi.copy(), mu.copy(), sigma.copy()
        except LinAlgError:
            print('Singular matrix: components collapsed')
    return best_loss, best_pi, best_mu, best_sigma
