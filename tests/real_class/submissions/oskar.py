# %% e_step
def E_step(X, pi, mu, sigma):
    gamma = np.zeros((len(X), len(pi)))
    for c in range(len(pi0)):
        r = X - mu[c]
        gamma[:, c] = np.log(pi[c]) - slogdet(sigma0[c])[1] / 2 - (r * solve(sigma[c], r.T).T).sum(axis=1) / 2
    gamma = np.exp(gamma - gamma.max(axis=1)[:, None])
    return gamma / gamma.sum(axis=1)[:, None]
# %% m_step
def M_step(X, gamma):
    Nc = gamma.sum(axis=0)
    pi = Nc / samples["data"].shape[0]
    mu = gamma.T @ X / Nc[:, None]
    sigma = np.zeros_like(sigma0)
    for c in range(gamma.shape[1]):
        r = X - mu[c]
        sigma[c] = (gamma[:, c][:, None] * r).T @ r / Nc[c]
    return pi, mu, sigma
# %% compute_vlb
def compute_vlb(x, p, m, s, g):
    # my own names, easier to type
    d = X.shape[1]
    out = 0
    for c in range(len(p)):
        r = X - m[c]
        lognorm = -d / 2 * np.log(2 * np.pi) - slogdet(s[c])[1] / 2 - (r * solve(s[c], r.T).T).sum(axis=1) / 2
        out += (g[:, c] * (np.log(pi[c]) + lognorm)).sum()
    pos = g[g > 0]
    return out - (pos * np.log(pos)).sum()
# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    best_loss = -np.inf
    for _ in tqdm(range(restarts), file=sys.stdout):
        pi, mu, sigma = pi0, mu0 + np.random.randn(C, 2), sigma0
        old = None
        try:
            for _ in range(max_iter):
                gamma = E_step(X, pi, mu, sigma)
                pi, mu, sigma = M_step(X, gamma)
                loss = compute_vlb(X, pi, mu, sigma, gamma)
                if old is not None and abs((loss - old) / old) <= rtol:
                    break
                old = loss
        except LinAlgError:
            continue
        if loss > best_loss:
            best_loss, best_pi, best_mu, best_sigma = loss, pi.copy(), mu.copy(), sigma.copy()
    return best_loss, best_pi, best_mu, best_sigma
