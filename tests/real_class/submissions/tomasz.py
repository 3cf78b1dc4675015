# %% e_step
# I do not like numpy very much, so this is all plain python (slow but I understand it)
import math
import random


def chol(A):
    d = len(A)
    L = [[0.0] * d for _ in range(d)]
    for i in range(d):
        for j in range(i + 1):
            s = A[i][j]
            for k in range(j):
                s -= L[i][k] * L[j][k]
            if i == j:
                if not s > 0:
                    raise LinAlgError("matrix is not positive definite")
                L[i][i] = math.sqrt(s)
            else:
                L[i][j] = s / L[j][j]
    return L


def log_normal(x, m, L):
    # forward substitution, L y = x - m
    d = len(x)
    y = []
    for i in range(d):
        s = x[i] - m[i]
        for k in range(i):
            s -= L[i][k] * y[k]
        y.append(s / L[i][i])
    dist = sum(v * v for v in y)
    logdet = 2 * sum(math.log(L[i][i]) for i in range(d))
    return -0.5 * (d * math.log(2 * math.pi) + logdet + dist)


def E_step(X, pi, mu, sigma):
    points = np.asarray(X).tolist()
    means = np.asarray(mu).tolist()
    weights = np.asarray(pi).tolist()
    factors = [chol(S) for S in np.asarray(sigma).tolist()]
    rows = []
    for x in points:
        a = []
        for c in range(len(weights)):
            if weights[c] > 0:
                a.append(math.log(weights[c]) + log_normal(x, means[c], factors[c]))
            else:
                a.append(-math.inf)
        top = max(a)
        e = [math.exp(v - top) for v in a]
        total = sum(e)
        rows.append([v / total for v in e])
    return np.array(rows)

# %% m_step
def M_step(X, gamma):
    points = np.asarray(X).tolist()
    g = np.asarray(gamma).tolist()
    N, d, C = len(points), len(points[0]), len(g[0])
    pi, mu, sigma = [], [], []
    for c in range(C):
        n_c = math.fsum(g[i][c] for i in range(N))
        if n_c == 0:
            raise LinAlgError("a component has no points")
        m = [math.fsum(g[i][c] * points[i][j] for i in range(N)) / n_c for j in range(d)]
        S = [[0.0] * d for _ in range(d)]
        for j in range(d):
            for k in range(j, d):
                value = math.fsum(g[i][c] * (points[i][j] - m[j]) * (points[i][k] - m[k]) for i in range(N)) / n_c
                S[j][k] = value
                S[k][j] = value
        pi.append(n_c / N)
        mu.append(m)
        sigma.append(S)
    return np.array(pi), np.array(mu), np.array(sigma)

# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    points = np.asarray(X).tolist()
    means = np.asarray(mu).tolist()
    factors = [chol(S) for S in np.asarray(sigma).tolist()]
    total = []
    for i, x in enumerate(points):
        for c in range(len(pi)):
            g = float(gamma[i, c])
            if g == 0:
                continue
            if pi[c] == 0:
                return -math.inf
            total.append(g * (math.log(pi[c]) + log_normal(x, means[c], factors[c]) - math.log(g)))
    return math.fsum(total)

# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    N, d = X.shape
    variance = X.var(axis=0)
    units = np.array([[math.sqrt(a * b) for a in variance] for b in variance])
    results = []
    for r in tqdm(range(restarts), file=sys.stdout):
        # every component starts on some point with the variances of the data
        picked = random.sample(range(N), C) if C <= N else random.choices(range(N), k=C)
        mu = np.array([[X[i, j] + random.gauss(0, 0.01) * math.sqrt(variance[j]) for j in range(d)] for i in picked])
        sigma = np.array([np.diag(variance) for _ in range(C)])
        pi = np.array([1.0 / C for _ in range(C)])
        history = []
        try:
            while len(history) < max_iter:
                gamma = E_step(X, pi, mu, sigma)
                pi, mu, sigma = M_step(X, gamma)
                for S in sigma:
                    if not np.all(np.isfinite(S)) or min(np.linalg.eigvalsh(S / units)) < 1e-6:
                        raise ArithmeticError("too narrow")
                history.append(compute_vlb(X, pi, mu, sigma, gamma))
                if not math.isfinite(history[-1]):
                    raise ArithmeticError("bound not finite")
                if len(history) >= 2:
                    before, now = history[-2:]
                    if abs((now - before) / before) <= rtol:
                        break
        except (LinAlgError, ArithmeticError, ValueError) as problem:
            print("restart", r, "given up:", problem)
            continue
        results.append((history[-1], pi, mu, sigma))
    if not results:
        raise RuntimeError("All restarts collapsed, try fewer components")
    return max(results, key=lambda t: t[0])
