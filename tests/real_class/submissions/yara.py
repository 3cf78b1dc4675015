# %% e_step
def E_step(X, pi, mu, sigma):
    X = X.astype(np.float32)
    N, d = X.shape
    logits = np.zeros((N, len(pi)), dtype=np.float32)
    for c in range(len(pi)):
        z = X - mu[c].astype(np.float32)
        s = sigma[c].astype(np.float32) + np.float32(1e-5) * np.eye(d, dtype=np.float32)
        logits[:, c] = np.log(pi[c]) - 0.5 * slogdet(s)[1] - 0.5 * (z * solve(s, z.T).T).sum(1)
    logits -= logits.max(1, keepdims=True)
    e = np.exp(logits)
    return e / e.sum(1, keepdims=True)
# %% m_step
def M_step(X, gamma):
    N, d = X.shape
    C = gamma.shape[1]
    Nk = gamma.sum(0)
    pi = Nk // 1 / N
    mu = (gamma.T @ X / Nk[:, None]).astype(np.float32)
    sigma = np.zeros((C, d, d), dtype=np.float32)
    for c in range(C):
        z = X - mu[c]
        sigma[c] = (z * gamma[:, [c]]).T @ z / Nk[c] + 1e-5 * np.eye(d)
    return pi, mu, sigma
# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    N, d = X.shape
    loss = 0
    for c in range(len(pi)):
        z = X - mu[c]
        log_n = -0.5 * (d * np.log(2 * np.pi) + slogdet(sigma[c])[1] + (z * solve(sigma[c], z.T).T).sum(1))
        loss += (gamma[:, c] * (np.log(pi[c]) + log_n)).sum()
    entropy = -(gamma * np.log(gamma + 1e-5)).mean()
    return (loss + entropy) / N
# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    N, d = X.shape
    best_loss, best_pi, best_mu, best_sigma = -np.inf, None, None, None
    for r in tqdm(range(restarts), file=sys.stdout):
        pi = np.ones(C) / C
        mu = np.zeros((C, d)) + X.mean(0)          # start in the middle
        sigma = np.array([np.diag(X.var(0)) for _ in range(C)])
        last = None
        try:
            for i in range(max_iter):
                gamma = E_step(X, pi, mu, sigma)
                pi, mu, sigma = M_step(X, gamma)
                loss = compute_vlb(X, pi, mu, sigma, gamma)
                if last is not None and abs((loss - last) / last) <= rtol:
                    break
                last = loss
        except LinAlgError:
            continue
        if loss > best_loss:
            best_loss, best_pi, best_mu, best_sigma = loss, pi.copy(), mu.copy(), sigma.copy()
    return best_loss, best_pi, best_mu, best_sigma
