# %% e_step
from dataclasses import dataclass
from functools import cached_property, reduce


@dataclass
class Gaussian:
    mean: np.ndarray
    cov: np.ndarray

    @cached_property
    def _chol(self):
        return np.linalg.cholesky(self.cov)

    def logpdf(self, points):
        z = solve(self._chol, (points - self.mean).T)
        return -np.square(z).sum(0) / 2 - np.log(self._chol.diagonal()).sum() - len(self.mean) * np.log(2 * np.pi) / 2


class Mixture(list):
    """A list of (log weight, Gaussian)."""

    @classmethod
    def of(cls, pi, mu, sigma):
        with np.errstate(divide="ignore"):
            return cls(zip(np.log(pi), map(Gaussian, mu, sigma)))

    def log_joint(self, points):
        return np.column_stack([lw + g.logpdf(points) for lw, g in self])


def E_step(X, pi, mu, sigma):
    a = Mixture.of(pi, mu, sigma).log_joint(X)
    evidence = reduce(np.logaddexp, a.T)
    return np.exp(a - evidence[:, None])

# %% m_step
def M_step(X, gamma):
    def component(w):
        n = w.sum()
        m = w @ X / n
        root = np.sqrt(w / n)[:, None] * (X - m)      # Sigma = root' root
        return n / len(X), m, root.T @ root

    return tuple(np.stack(part) for part in zip(*map(component, gamma.T)))

# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    a = Mixture.of(pi, mu, sigma).log_joint(X)
    plogp = np.log(gamma, out=np.zeros_like(gamma), where=gamma > 0)
    inside = np.subtract(a, plogp, out=np.zeros_like(a), where=gamma > 0)
    return float((gamma * inside).sum())

# %% train_EM
class Collapse(Exception):
    pass


def climb(X, pi, mu, sigma, rtol, max_iter, units):
    losses = []
    for _ in range(max_iter):
        gamma = E_step(X, pi, mu, sigma)
        pi, mu, sigma = M_step(X, gamma)
        if not np.isfinite(sigma).all() or np.linalg.eigvalsh(sigma / units).min() < 1e-6:
            raise Collapse("a component has no width")
        losses.append(compute_vlb(X, pi, mu, sigma, gamma))
        if not np.isfinite(losses[-1]):
            raise Collapse("the bound is not a number")
        if len(losses) > 1 and abs(losses[-1] / losses[-2] - 1) <= rtol:
            break
    return losses[-1], pi, mu, sigma


def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    N, d = X.shape
    sd = X.std(axis=0)
    best, why = None, []
    for _ in tqdm(range(restarts), file=sys.stdout):
        try:
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                # random gamma, sharpened around C random points, then one M-step
                seeds = X[np.random.choice(N, C, replace=C > N)]
                dist = (((X[:, None] - seeds) / sd) ** 2).sum(-1)
                soft = np.exp(-dist / 2) + 0.05 * np.random.rand(N, C) + 0.01
                start = M_step(X, soft / soft.sum(1, keepdims=True))
                result = climb(X, start[0], start[1], start[2] + 0.01 * np.diag(sd ** 2), rtol, max_iter, np.outer(sd, sd))
        except (LinAlgError, Collapse) as e:
            why.append(str(e))
            continue
        if best is None or result[0] > best[0]:
            best = result
    if best is None:
        raise RuntimeError("EM did not survive any restart: " + "; ".join(sorted(set(why))))
    return best
