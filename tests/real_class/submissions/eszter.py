# %% e_step
import scipy.linalg as sla
from scipy.special import logsumexp, xlogy

def _logpdf(X, mean, cov):
    C = sla.cholesky(cov)                                  # upper, cov = C' C
    y = sla.solve_triangular(C, (X - mean).T, trans="T")   # so solve with C'
    return -np.sum(np.log(C.diagonal())) - X.shape[1] * np.log(2 * np.pi) / 2 - np.sum(y * y, axis=0) / 2

def E_step(X, pi, mu, sigma):
    with np.errstate(divide="ignore"):
        w = np.log(pi)
    a = w + np.transpose([_logpdf(X, mu[c], sigma[c]) for c in range(pi.size)])
    a -= logsumexp(a, axis=1)[:, None]
    return np.exp(a)
# %% m_step
def M_step(X, gamma):
    d = X.shape[1]
    n = np.einsum('ic->c', gamma)
    mu = np.einsum('ic,id->cd', gamma, X) / n[:, None]
    r = X[:, None, :] - mu[None, :, :]
    sigma = np.einsum('ic,icd,ice->cde', gamma, r, r) / n[:, None, None]
    sigma = sigma + 3e-9 * np.eye(d)    # against singular matrices
    return n / X.shape[0], mu, sigma
# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    a = np.transpose([_logpdf(X, mu[c], sigma[c]) for c in range(pi.size)])
    first = np.sum(gamma * a) + np.sum(xlogy(gamma, pi))
    return float(first - np.sum(xlogy(gamma, gamma)))
# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    n, d = X.shape
    V = np.atleast_2d(np.cov(X, rowvar=False))
    best_loss = -np.inf
    best_pi = best_mu = best_sigma = None
    for _ in tqdm(range(restarts), file=sys.stdout):
        pi = np.random.dirichlet(5 * np.ones(C))
        mu = np.random.multivariate_normal(X.mean(axis=0), V, size=C)
        sigma = np.repeat(V[None], C, axis=0)
        prev = None
        try:
            for it in range(max_iter):
                gamma = E_step(X, pi, mu, sigma)
                pi, mu, sigma = M_step(X, gamma)
                loss = compute_vlb(X, pi, mu, sigma, gamma)
                if not np.isfinite(loss):
                    raise LinAlgError
                if prev is not None and (loss - prev) / prev <= rtol:
                    break
                prev = loss
        except (LinAlgError, ValueError):
            continue
        if loss > best_loss:
            best_loss, best_pi, best_mu, best_sigma = loss, np.array(pi), np.array(mu), np.array(sigma)
    if best_pi is None:
        raise RuntimeError("every restart failed")
    return best_loss, best_pi, best_mu, best_sigma
