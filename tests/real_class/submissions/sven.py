# %% e_step
from scipy.special import log_softmax

def component_logs(X, pi, mu, sigma):
    d = X.shape[1]
    columns = []
    for weight, m, S in zip(pi, mu, sigma):
        L = np.linalg.cholesky(S)
        u = np.linalg.solve(L, (X - m).T)
        with np.errstate(divide="ignore"):
            columns.append(np.log(weight) - np.log(L.diagonal()).sum() - .5 * (u ** 2).sum(0) - .5 * d * np.log(2 * np.pi))
    return np.array(columns).T

def E_step(X, pi, mu, sigma):
    return np.exp(log_softmax(component_logs(X, pi, mu, sigma), axis=1))
# %% m_step
def M_step(X, gamma):
    N, C = gamma.shape
    labels = gamma.argmax(axis=1)
    pi = np.bincount(labels, minlength=C) / N
    mu = (gamma.T @ X) / gamma.sum(axis=0, keepdims=True).T
    # let numpy do the covariance
    sigma = np.array([np.atleast_2d(np.cov(X.T, aweights=gamma[:, c])) for c in range(C)])
    return pi, mu, sigma
# %% compute_vlb
from scipy.special import logsumexp

def compute_vlb(X, pi, mu, sigma, gamma):
    # at the optimum the bound touches the log likelihood, so this is the same
    return logsumexp(component_logs(X, pi, mu, sigma), axis=1).sum()
# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    N, d = X.shape
    pi = np.ones(C) / C
    mu = X[np.random.choice(N, C, replace=False)]
    sigma = np.array([np.atleast_2d(np.cov(X.T)) for _ in range(C)])
    prev = None
    for i in tqdm(range(max_iter), file=sys.stdout):
        gamma = E_step(X, pi, mu, sigma)
        pi, mu, sigma = M_step(X, gamma)
        loss = compute_vlb(X, pi, mu, sigma, gamma)
        if prev is not None and abs(loss - prev) / abs(prev) <= rtol:
            break
        prev = loss
    return loss, pi, mu, sigma
