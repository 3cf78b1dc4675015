# %% e_step
def E_step(X, pi, mu, sigma):
    N = X.shape[0]; d = X.shape[1]; C = len(pi)
    G = np.zeros((N, C))
    for c in range(C):
        inv = np.linalg.inv(sigma[c])
        det = np.linalg.det(sigma[c])
        q = ((X - mu[c]) @ inv * (X - mu[c])).sum(axis=1)
        G[:, c] = np.log(pi[c]) - 0.5 * d * np.log(2 * np.pi) - 0.5 * np.log(det + 1e-12) - 0.5 * q
    G = np.exp(G - G.max(axis=1, keepdims=True))
    return G / G.sum(axis=1, keepdims=True)
# %% m_step
def M_step(X, gamma):
    Nk = gamma.sum(axis=0)
    mu = (gamma.T @ X) / Nk[:, None]
    sigma = np.array([((X - mu[c]).T * gamma[:, c]) @ (X - mu[c]) / Nk[c] for c in range(len(Nk))])
    pi = Nk / len(X)
    return mu, pi, sigma
# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    N = X.shape[0]; d = X.shape[1]; C = len(pi)
    s = 0
    for c in range(C):
        inv = np.linalg.inv(sigma[c])
        q = ((X - mu[c]) @ inv * (X - mu[c])).sum(axis=1)
        lp = np.log(pi[c]) - 0.5 * d * np.log(2 * np.pi) - 0.5 * np.log(np.linalg.det(sigma[c]) + 1e-12) - 0.5 * q
        gam = np.clip(gamma[:, c], 1e-12, 1)
        s += (gam * lp).sum() - (gam * np.log(gam)).sum()
    return s
# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    best_loss = -float('inf')
    best_mu, best_pi, best_sigma = None, None, None
    for restart in tqdm(range(restarts), file=sys.stdout):
        mu = X[np.random.choice(len(X), C)]
        pi = np.ones(C) / C
        sigma = np.array([np.eye(X.shape[1])] * C) * np.var(X)
        prev = None
        try:
            for it in range(max_iter):
                gamma = E_step(X, pi, mu, sigma)
                mu, pi, sigma = M_step(X, gamma)
                loss = compute_vlb(X, pi, mu, sigma, gamma)
                if prev is not None and abs(loss - prev) / abs(prev) <= rtol: break
                prev = loss
        except Exception as e:
            print(e)
            continue
        if loss > best_loss:
            best_loss, best_mu, best_pi, best_sigma = loss, mu.copy(), pi.copy(), sigma.copy()
    return best_pi, best_mu, best_sigma, best_loss
