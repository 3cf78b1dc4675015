# %% e_step
from scipy.linalg import cho_factor, solve_triangular
from scipy.special import logsumexp, xlogy


def _log_joint(X, pi, mu, sigma):
    """log pi_c + log N(x_i | mu_c, Sigma_c) as an (N, C) array."""
    n, d = X.shape
    out = np.empty((n, len(pi)))
    for k, (weight, mean, cov) in enumerate(zip(pi, mu, sigma)):
        L, lower = cho_factor(cov, lower=True)
        white = solve_triangular(L, (X - mean).T, lower=True)
        half_logdet = np.log(np.diagonal(L)).sum()
        with np.errstate(divide="ignore"):
            lw = np.log(weight)
        out[:, k] = lw - half_logdet - 0.5 * (d * np.log(2 * np.pi) + np.einsum("ji,ji->i", white, white))
    return out


def E_step(X, pi, mu, sigma):
    lj = _log_joint(X, pi, mu, sigma)
    return np.exp(lj - logsumexp(lj, axis=1, keepdims=True))

# %% m_step
def M_step(X, gamma):
    Nk = gamma.sum(axis=0)
    mu = np.einsum("nk,nd->kd", gamma, X) / Nk[:, np.newaxis]
    dev = X[:, np.newaxis, :] - mu                      # (N, C, d)
    sigma = np.einsum("nk,nki,nkj->kij", gamma, dev, dev) / Nk[:, np.newaxis, np.newaxis]
    return Nk / Nk.sum(), mu, sigma

# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    lj = _log_joint(X, pi, mu, sigma)
    used = gamma > 0
    return float(gamma[used] @ lj[used] - xlogy(gamma, gamma).sum())

# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    N, d = X.shape
    spread = np.cov(X, rowvar=False, bias=True).reshape(d, d)
    std = np.sqrt(np.diag(spread))
    units = np.outer(std, std)                       # so that metres and millimetres are treated alike
    start_cov = spread + 1e-3 * np.diag(std ** 2)
    best = None
    for r in tqdm(range(restarts), file=sys.stdout):
        pi = np.full(C, 1 / C)
        mu = X[np.random.choice(N, size=C, replace=N < C)] + 1e-3 * std * np.random.randn(C, d)
        sigma = np.tile(start_cov, (C, 1, 1))
        previous = None
        try:
            with np.errstate(all="ignore"):
                for it in range(max_iter):
                    gamma = E_step(X, pi, mu, sigma)
                    pi, mu, sigma = M_step(X, gamma)
                    if not np.isfinite(sigma).all() or np.linalg.eigvalsh(sigma / units).min() < 1e-6:
                        raise LinAlgError("component collapsed")
                    loss = compute_vlb(X, pi, mu, sigma, gamma)
                    if not np.isfinite(loss):
                        raise LinAlgError("bound is not finite")
                    if previous is not None and abs(loss - previous) <= rtol * abs(previous):
                        break
                    previous = loss
        except (LinAlgError, ValueError):
            continue
        if best is None or loss > best[0]:
            best = loss, pi.copy(), mu.copy(), sigma.copy()
    if best is None:
        raise RuntimeError(f"none of the {restarts} restarts survived")
    return best
