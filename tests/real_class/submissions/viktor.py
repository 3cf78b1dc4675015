# %% e_step
# in 2 dimensions the inverse is known, no need for numpy.linalg
def dens2(X, m, S):
    a, b, c, d = S[0, 0], S[0, 1], S[1, 0], S[1, 1]
    det = a * d - b * c
    x = X[:, 0] - m[0]
    y = X[:, 1] - m[1]
    q = (d * x * x - (b + c) * x * y + a * y * y) / det
    return np.exp(-q / 2) / (2 * np.pi * np.sqrt(det))

def E_step(X, pi, mu, sigma):
    p = np.stack([pi[k] * dens2(X, mu[k], sigma[k]) for k in range(3)], axis=1) + 1e-12
    return p / p.sum(axis=1, keepdims=True)
# %% m_step
def M_step(X, gamma):
    s = gamma.sum(axis=0)
    pi = s / s.sum()
    mx = (gamma * X[:, 0:1]).sum(axis=0) / s
    my = (gamma * X[:, 1:2]).sum(axis=0) / s
    mu = np.stack([mx, my], axis=1)
    dx = X[:, 0:1] - mx
    dy = X[:, 1:2] - my
    sxx = (gamma * dx * dx).sum(axis=0) / s
    sxy = (gamma * dx * dy).sum(axis=0) / s
    syy = (gamma * dy * dy).sum(axis=0) / s
    sigma = np.array([[sxx, sxy], [sxy, syy]]).transpose(2, 0, 1)
    return pi, mu, sigma
# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    loss = 0
    for k in range(3):
        g = gamma[:, k]
        loss += np.sum(g * np.log(pi[k] * dens2(X, mu[k], sigma[k]) + 1e-12))
        loss -= np.sum(g[g > 0] * np.log(g[g > 0]))
    return loss
# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    best_loss = -1e10
    for r in tqdm(range(restarts), file=sys.stdout):
        pi = np.array([1/3, 1/3, 1/3])
        mu = X[np.random.choice(len(X), 3)]
        sigma = np.array([[[3.5, 0], [0, 2.0]]] * 3)
        loss = 0
        for it in range(max_iter):
            gamma = E_step(X, pi, mu, sigma)
            pi, mu, sigma = M_step(X, gamma)
            old, loss = loss, compute_vlb(X, pi, mu, sigma, gamma)
            if old and abs((loss - old) / old) <= rtol:
                break
        if loss > best_loss:
            best_loss, best_pi, best_mu, best_sigma = loss, pi, mu, sigma
    return best_loss, best_pi, best_mu, best_sigma
