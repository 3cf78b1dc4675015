# %% e_step
EPS = 1e-12

def normal(X, m, S):
    d = len(m)
    z = X - m
    e = -0.5 * np.einsum('ni,ij,nj->n', z, np.linalg.inv(S), z)
    return np.exp(e) / ((2 * np.pi) ** (d / 2) * np.linalg.det(S) + EPS)

def E_step(X, pi, mu, sigma):
    r = np.array([normal(X, mu[k], sigma[k]) * pi[k] for k in range(len(pi))]).T * pi
    return (r + EPS) / (r + EPS).sum(axis=1, keepdims=True)
# %% m_step
def M_step(X, gamma):
    g2 = gamma ** 2
    Nk = g2.sum(axis=0) + EPS
    mu = g2.T @ X / Nk[:, None]
    z = X[:, None, :] - mu
    sigma = np.einsum('nk,nki,nkj->kij', g2, z, z) / Nk[:, None, None]
    return Nk / (len(X) + EPS), mu, sigma + EPS * np.eye(X.shape[1])
# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    loss = 0
    for k in range(len(pi)):
        n = normal(X, mu[k], sigma[k])
        loss += np.sum(gamma[:, k] * np.log(pi[k] * n + EPS))
    loss -= np.sum(gamma * np.log(gamma + EPS))
    return loss
# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    all_losses = []
    for i in tqdm(range(restarts), file=sys.stdout):
        # the guess from the file
        pi, mu, sigma = pi0.copy(), mu0.copy(), sigma0.copy()
        L = []
        for j in range(max_iter):
            gamma = E_step(X, pi, mu, sigma)
            pi, mu, sigma = M_step(X, gamma)
            L.append(compute_vlb(X, pi, mu, sigma, gamma))
            if j > 1 and np.abs((L[j] - L[j-1]) / (L[j-1] + EPS)) < rtol:
                break
        all_losses.append(L[-1])
    best_loss = max(all_losses)
    return best_loss, pi, mu, sigma
