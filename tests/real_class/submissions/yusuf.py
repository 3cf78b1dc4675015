# %% e_step
def E_step(X, pi, mu, sigma):
    N = X.shape[0]
    C = pi.shape[0]
    gamma = np.zeros((N, C))
    for i in range(N):
        log_num = np.zeros(C)
        for c in range(C):
            diff = X[i] - mu[c]
            # solve, do not invert!
            maha = diff.dot(solve(sigma[c], diff))
            sign, logdet = slogdet(sigma[c])
            if sign <= 0:
                raise LinAlgError("Singular matrix")
            if pi[c] == 0:
                log_num[c] = -np.inf
            else:
                log_num[c] = np.log(pi[c]) - 0.5 * logdet - 0.5 * maha
        log_num = log_num - np.max(log_num)
        num = np.exp(log_num)
        for c in range(C):
            gamma[i, c] = num[c] / np.sum(num)
    return gamma

# %% m_step
def M_step(X, gamma):
    N = X.shape[0]
    d = X.shape[1]
    C = gamma.shape[1]
    pi = np.zeros(C)
    mu = np.zeros((C, d))
    sigma = np.zeros((C, d, d))
    for c in range(C):
        Nc = 0.0
        for i in range(N):
            Nc += gamma[i, c]
            mu[c] += gamma[i, c] * X[i]
        mu[c] /= Nc
        for i in range(N):
            diff = X[i] - mu[c]
            sigma[c] += gamma[i, c] * np.outer(diff, diff)
        sigma[c] /= Nc
        pi[c] = Nc / N
    return pi, mu, sigma

# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    N = X.shape[0]
    d = X.shape[1]
    C = gamma.shape[1]
    loss = 0.0
    for i in range(N):
        for c in range(C):
            g = gamma[i, c]
            if g > 0:
                diff = X[i] - mu[c]
                maha = diff.dot(solve(sigma[c], diff))
                sign, logdet = slogdet(sigma[c])
                log_normal = -d / 2 * np.log(2 * np.pi) - logdet / 2 - maha / 2
                loss += g * (np.log(pi[c]) + log_normal) - g * np.log(g)
    return float(loss)

# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    N = X.shape[0]
    d = X.shape[1]
    # the data tell the scale
    sd = np.std(X, axis=0)
    size = np.outer(sd, sd)
    best_loss = None
    best_pi = None
    best_mu = None
    best_sigma = None
    for restart in tqdm(range(restarts), file=sys.stdout):
        pi = np.random.rand(C) + 1.0
        pi = pi / pi.sum()
        mu = np.zeros((C, d))
        sigma = np.zeros((C, d, d))
        for c in range(C):
            mu[c] = X[np.random.randint(N)] + 0.1 * sd * np.random.randn(d)
            A = np.random.randn(d, d)
            sigma[c] = size * (np.eye(d) + 0.1 * A @ A.T)
        old_loss = None
        failed = False
        for iteration in range(max_iter):
            try:
                with np.errstate(divide='ignore', invalid='ignore'):
                    gamma = E_step(X, pi, mu, sigma)
                    pi, mu, sigma = M_step(X, gamma)
                    loss = compute_vlb(X, pi, mu, sigma, gamma)
                    smallest = np.linalg.eigvalsh(sigma / size).min()
            except LinAlgError:
                failed = True
                break
            if np.isnan(loss) or np.isinf(loss) or np.isnan(smallest) or smallest < 1e-6:
                failed = True
                break
            if old_loss is not None:
                if np.abs((loss - old_loss) / old_loss) <= rtol:
                    break
            old_loss = loss
        if failed:
            continue
        if best_loss is None or loss > best_loss:
            best_loss = loss
            best_pi = np.copy(pi)
            best_mu = np.copy(mu)
            best_sigma = np.copy(sigma)
    if best_loss is None:
        raise RuntimeError("all restarts failed")
    return best_loss, best_pi, best_mu, best_sigma
