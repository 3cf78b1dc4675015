# %% e_step
def E_step(X, pi, mu, sigma):
    gamma = []
    for p, m, s in zip(pi, mu, sigma):
        diff = X - m
        gamma.append(np.log(p) - (diff * solve(s, diff.T).T).sum(-1))
    gamma = np.array(gamma).T
    gamma = np.exp(gamma - gamma.max(-1)[..., None])
    return gamma / gamma.sum(-1)[..., None]
# %% m_step
def M_step(X, gamma):
    w = np.sqrt(gamma)          # weights of the points
    Nk = w.sum(0)
    mu = w.T @ X / Nk[:, None]
    sigma = np.zeros((len(Nk), X.shape[1], X.shape[1]))
    for c, m in enumerate(mu):
        diff = w[:, c, None] * (X - m)
        sigma[c] = diff.T @ diff / gamma[:, c].sum()
    pi = gamma.sum(0) / gamma.sum()
    return pi, mu, sigma
# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    d = X.shape[1]
    res = 0
    for c in range(len(pi)):
        diff = X - mu[c]
        ln = np.log(pi[c]) - d * np.log(2 * np.pi) - slogdet(sigma[c])[1] - (diff * solve(sigma[c], diff.T).T).sum(-1)
        res += (gamma[:, c] * ln / 2).sum()
    # the entropy of q does not depend on theta so I leave it out
    return res
# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    best_loss = -np.inf
    for i in tqdm(range(restarts), file=sys.stdout):
        mu = X[np.random.choice(X.shape[0], C, replace=False)]
        sigma = np.array([np.atleast_2d(np.cov(X, rowvar=0)) for _ in range(C)])
        pi = np.ones(C) / C
        loss = -1e9
        for j in range(max_iter):
            prev_loss = loss
            gamma = E_step(X, pi, mu, sigma)
            pi, mu, sigma = M_step(X, gamma)
            loss = compute_vlb(X, pi, mu, sigma, gamma)
            if np.abs((loss - prev_loss) / prev_loss) > rtol:
                break
        if loss > best_loss:
            best_loss, best_pi, best_mu, best_sigma = loss, pi, mu, sigma
    return best_loss, best_pi, best_mu, best_sigma
