# %% e_step
def E_step(X, pi, mu, sigma):
    C = len(pi)
    dens = np.zeros((len(X), C))
    for c in range(C):
        r = X - mu[c]
        dens[:, c] = -0.5 * slogdet(sigma[c])[1] - 0.5 * np.sum(r * solve(sigma[c], r.T).T, 1)
    dens = np.exp(dens - dens.max(1)[:, None])
    dens = dens / dens.sum(1)[:, None]
    dens = pi * dens                       # prior at the end
    # which one is it?
    return np.eye(C)[dens.argmax(1)]
# %% m_step
def M_step(X, gamma):
    Nc = gamma.sum(0)
    mu = np.transpose(X.T @ gamma / Nc)
    sigma = np.array([np.cov(X, rowvar=False, aweights=g, bias=True).reshape(2 * X.shape[1:]) for g in gamma.T])
    return Nc / gamma.sum(), mu, sigma
# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    d = X.shape[1]
    energy = 0.0
    for c in range(len(pi)):
        r = X - mu[c]
        log_norm = -0.5 * d * np.log(2 * np.pi) - slogdet(sigma[c])[1] - 0.5 * np.sum(r * solve(sigma[c], r.T).T, 1)
        energy += gamma[:, c] @ (np.log(pi[c]) + log_norm)
    pos = gamma[gamma > 0]
    entropy = -np.sum(pos * np.log2(pos))
    return energy + entropy
# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    best_loss = 1e9
    for r in tqdm(range(restarts), file=sys.stdout):
        # k-means like start
        mu = X[np.random.permutation(len(X))[:C]]
        pi = np.ones(C) / C
        sigma = np.stack([np.eye(X.shape[1])] * C)
        prev = 1e9
        try:
            for i in range(max_iter):
                gamma = E_step(X, pi, mu, sigma)
                pi, mu, sigma = M_step(X, gamma)
                loss = compute_vlb(X, pi, mu, sigma, gamma)
                if abs(loss - prev) < 1e-3:
                    break
                prev = loss
        except LinAlgError:
            continue
        if loss < best_loss:
            best_loss, best_pi, best_mu, best_sigma = loss, pi.copy(), mu.copy(), sigma.copy()
    return best_loss, best_pi, best_mu, best_sigma
