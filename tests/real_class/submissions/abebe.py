# %% e_step
def whitened(X, mu, sigma):
    """Squared Mahalanobis distances (N, C) and log determinants (C,), from eigenvalues."""
    sd = np.sqrt(np.diagonal(sigma, axis1=1, axis2=2))     # (C, d)
    if not np.all(sd > 0):
        raise LinAlgError("covariance is singular")
    # eigenvalues of the correlation matrices, which do not care about units: (C, d), (C, d, d)
    values, vectors = np.linalg.eigh(sigma / (sd[:, :, None] * sd[:, None, :]))
    if np.any(values <= 0):
        raise LinAlgError("covariance is singular")
    delta = (X[None] - mu[:, None]) / sd[:, None]          # (C, N, d)
    z = (delta @ vectors) / np.sqrt(values)[:, None]       # rotate, then stretch
    return (z ** 2).sum(-1).T, np.log(values).sum(-1) + 2 * np.log(sd).sum(-1)


def E_step(X, pi, mu, sigma):
    dist, logdet = whitened(X, mu, sigma)
    with np.errstate(divide="ignore"):
        score = 2 * np.log(pi) - logdet - dist             # twice the log, the constant cancels
    score -= score.max(1, keepdims=True)
    np.exp(score / 2, out=score)
    score /= score.sum(1, keepdims=True)
    return score

# %% m_step
def M_step(X, gamma):
    share = gamma / gamma.sum(0)          # columns sum to one
    mu = share.T @ X
    delta = X[None] - mu[:, None]
    sigma = np.swapaxes(delta, 1, 2) @ (share.T[:, :, None] * delta)
    return gamma.sum(0) / gamma.sum(), mu, (sigma + np.swapaxes(sigma, 1, 2)) / 2

# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    tiny = np.finfo(float).tiny           # only keeps log away from an exact zero, and 0 * log(tiny) is 0
    dist, logdet = whitened(X, mu, sigma)
    d = X.shape[1]
    terms = np.log(np.maximum(pi, tiny)) - (d * np.log(2 * np.pi) + logdet + dist) / 2 - np.log(np.maximum(gamma, tiny))
    return np.vdot(gamma, terms).item()

# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    """Restarts as a generator: failed ones yield nothing."""
    total = np.atleast_2d(np.cov(X.T, bias=True))
    sd = X.std(0)
    unit = np.outer(sd, sd)

    def one_run():
        # start from random soft assignments around random seeds
        seeds = X[np.random.permutation(len(X))[:C]] if C <= len(X) else X[np.random.randint(len(X), size=C)]
        mu = seeds + np.random.normal(0, 0.05, size=seeds.shape) * sd
        sigma = np.repeat((0.5 * total + 0.05 * np.diag(sd ** 2))[None], C, axis=0)
        pi = np.random.dirichlet([10.0] * C)
        old = np.nan
        for _ in range(max_iter):
            gamma = E_step(X, pi, mu, sigma)
            pi, mu, sigma = M_step(X, gamma)
            if not np.isfinite(sigma).all() or np.linalg.eigvalsh(sigma / unit).min() <= 1e-6:
                return None
            new = compute_vlb(X, pi, mu, sigma, gamma)
            if not np.isfinite(new):
                return None
            if abs(new - old) <= rtol * abs(old):          # False while old is nan
                break
            old = new
        return new, pi, mu, sigma

    survivors = []
    for _ in tqdm(range(restarts), file=sys.stdout):
        try:
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                result = one_run()
        except LinAlgError:
            result = None
        if result is not None:
            survivors.append(result)
    if not survivors:
        raise RuntimeError("no restart survived: fewer components, more points or more restarts are needed")
    survivors.sort(key=lambda s: s[0], reverse=True)
    loss, pi, mu, sigma = survivors[0]
    return loss, pi, mu, sigma
