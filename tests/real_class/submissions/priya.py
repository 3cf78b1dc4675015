# %% e_step
def E_step(X, pi, mu, sigma):
    N, C = X.shape[0], mu.shape[0]
    logits = np.zeros((N, C))
    for c in range(C):
        Z = X - mu[c]
        logits[:, c] = np.log(pi[c]) - 0.5 * slogdet(sigma[c])[1] - 0.5 * (Z @ np.linalg.inv(sigma[c]) * Z).sum(1)
    num = np.exp(logits)
    return num / (num.sum(1, keepdims=True) + 1e-15)
# %% m_step
def M_step(X, gamma):
    N, d = X.shape
    C = gamma.shape[1]
    pi = np.zeros(C)
    mu = np.zeros((C, d))
    sigma = np.zeros((C, d, d))
    for c in range(C):
        g = gamma[:, c].reshape(-1, 1)
        s = float(np.sum(g))
        pi[c] = s / N
        mu[c] = np.sum(g * X, axis=0) / s
        Z = (X - mu[c]) * np.sqrt(g)
        sigma[c] = Z.T @ Z / s
    return pi, mu, sigma
# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    N, d = X.shape
    C = mu.shape[0]
    total = np.zeros((1, 1))
    for c in range(C):
        inv = np.linalg.inv(sigma[c])
        const = np.log(pi[c]) - 0.5 * slogdet(sigma[c])[1] + d / 2 * np.log(2 * np.pi)
        for n in range(N):
            z = (X[n] - mu[c]).reshape(d, 1)
            total += gamma[n, c] * (const - 0.5 * z.T @ inv @ z)
            total -= gamma[n, c] * np.log(gamma[n, c] + 1e-15)
    return total
# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    N, d = X.shape
    losses, params = [], []
    for _ in tqdm(range(restarts), file=sys.stdout):
        pi = np.ones(C) / C
        mu = X[np.random.choice(N, C, replace=False)]
        sigma = np.stack([np.diag(np.var(X, axis=0))] * C)
        prev, loss = None, np.nan
        try:
            for it in range(max_iter):
                gamma = E_step(X, pi, mu, sigma)
                pi, mu, sigma = M_step(X, gamma)
                loss = compute_vlb(X, pi, mu, sigma, gamma)
                if prev is not None and abs((loss - prev) / prev) <= rtol:
                    break
                prev = loss
        except LinAlgError:
            loss = np.nan
        losses.append(loss)
        params.append((pi, mu, sigma))
    b = np.argmax(losses)
    return (losses[b], *params[b])
