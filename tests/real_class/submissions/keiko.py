# %% e_step
from scipy import special, stats

def gaussian(m, s):
    # Covariance.from_cholesky, because multivariate_normal(m, s) refuses matrices that are only badly scaled
    return stats.multivariate_normal(m, stats.Covariance.from_cholesky(np.linalg.cholesky(s)))

def E_step(X, pi, mu, sigma):
    # scipy already knows the log density of a gaussian, so let it do the work
    logp = np.stack([gaussian(m, s).logpdf(X).reshape(len(X)) for m, s in zip(mu, sigma)], axis=-1)
    with np.errstate(divide='ignore'):
        logp = logp + np.log(pi)
    return special.softmax(logp, axis=-1)
# %% m_step
def M_step(X, gamma):
    N = X.shape[0]
    C = gamma.shape[1]
    pi = np.mean(gamma, 0)
    mu = np.array([np.average(X, axis=0, weights=gamma[:, c]) for c in range(C)])
    # ddof=0 and aweights are exactly the maximum likelihood formula
    if N > 1:
        sigma = np.array([np.cov(X, rowvar=False, aweights=gamma[:, c], ddof=0).reshape(X.shape[1], X.shape[1]) for c in range(C)])
    else:
        sigma = np.zeros((C, X.shape[1], X.shape[1]))
    return pi, mu, sigma
# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    loss = np.sum(special.entr(gamma))     # entr(x) = -x log x and entr(0) = 0
    for c in range(gamma.shape[1]):
        w = gamma[:, c]
        seen = np.flatnonzero(w)
        if seen.size == 0:
            continue
        dens = gaussian(mu[c], sigma[c]).logpdf(X[seen])
        loss += np.sum(w[seen] * dens) + np.sum(w) * np.log(pi[c])
    return loss
# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    rng = np.random.default_rng(np.random.randint(2**31))
    n, d = X.shape
    sd = np.std(X, axis=0)
    best_loss, best_pi, best_mu, best_sigma = -np.inf, None, None, None
    for _ in tqdm(range(restarts), file=sys.stdout):
        pi = rng.dirichlet(np.full(C, 5.0))
        mu = X[rng.integers(n, size=C)] + 0.1 * sd * rng.standard_normal((C, d))
        sigma = np.stack([np.diag(sd ** 2)] * C)
        lossi_prev = None
        ok = True
        try:
            for i in range(max_iter):
                with np.errstate(all='raise', under='ignore'):
                    gamma = E_step(X, pi, mu, sigma)
                    pi, mu, sigma = M_step(X, gamma)
                    lossi = compute_vlb(X, pi, mu, sigma, gamma)
                narrow = min(np.linalg.eigvalsh(s / np.outer(sd, sd))[0] for s in sigma)
                if not np.isfinite(lossi) or not narrow > 1e-6:
                    ok = False
                    break
                if lossi_prev is not None and np.abs((lossi - lossi_prev) / lossi_prev) <= rtol:
                    break
                lossi_prev = lossi
        except (np.linalg.LinAlgError, FloatingPointError, ZeroDivisionError, ValueError):
            ok = False
        if ok and lossi > best_loss:
            best_loss, best_pi, best_mu, best_sigma = float(lossi), pi.copy(), mu.copy(), sigma.copy()
    if best_pi is None:
        raise ValueError('EM failed: every restart collapsed')
    return best_loss, best_pi, best_mu, best_sigma
