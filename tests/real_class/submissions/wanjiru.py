# %% e_step
def E_step(X, pi, mu, sigma):
    log_w = []
    for c in range(mu.shape[0]):
        dev = X - mu[c]
        q = np.sum(dev * np.linalg.solve(sigma[c], dev.T).T, axis=-1)
        with np.errstate(divide="ignore"):
            log_w.append(np.log(pi[c]) - (slogdet(sigma[c]).logabsdet + q) / 2)
    log_w = np.vstack(log_w)                     # components in rows, points in columns
    w = np.exp(log_w - log_w.max(axis=0))
    return (w / w.sum(axis=0)).T
# %% m_step
def M_step(X, gamma):
    pi, mu, sigma = [], [], []
    for c in range(3):
        g = gamma[:, c]
        pi.append(np.sum(g) / len(g))
        mu.append(np.sum(g[:, None] * X, axis=0) / np.sum(g))
        dev = X - mu[-1]
        sigma.append(sum(gi * np.outer(x, x) for gi, x in zip(g, dev)) / np.sum(g))
    return np.array(pi), np.array(mu), np.array(sigma)
# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    N, d = X.shape
    dens = np.zeros((N, len(pi)))
    for c in range(len(pi)):
        dev = X - mu[c]
        q = np.sum(dev * np.linalg.solve(sigma[c], dev.T).T, axis=-1)
        dens[:, c] = np.exp(-q / 2) / np.sqrt((2 * np.pi) ** d * np.linalg.det(sigma[c]))
    inside = np.sum(gamma * pi * dens, axis=1)
    H = -np.sum(gamma[gamma > 0] * np.log(gamma[gamma > 0]))
    return np.sum(np.log(inside + 1e-15)) + H
# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    N, d = X.shape
    losses, thetas = [], []
    for trial in tqdm(range(restarts), file=sys.stdout):
        pi = np.full(C, 1 / C)
        mu = np.random.uniform(X.min(axis=0), X.max(axis=0), size=(C, d))
        sigma = np.array([np.diag(X.var(axis=0)) for _ in range(C)])
        bound = []
        try:
            for i in range(max_iter):
                gamma = E_step(X, pi, mu, sigma)
                pi, mu, sigma = M_step(X, gamma)
                bound.append(compute_vlb(X, pi, mu, sigma, gamma))
                # stop as soon as the relative change is gone
                if i and (bound[-1] - bound[-2]) / bound[-2] == 0:
                    break
        except LinAlgError:
            continue
        losses.append(-bound[-1])
        thetas.append((pi, mu, sigma))
    j = int(np.argmin(losses))
    return losses[j], *thetas[j]
