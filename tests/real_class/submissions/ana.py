# %% e_step
def gauss(X, m, S):
    d = X.shape[1]
    dif = X - m
    inv = np.linalg.inv(S)
    expo = np.exp(-0.5 * np.sum(dif.dot(inv) * dif, axis=1))
    return expo / np.sqrt((2 * np.pi) ** d * np.linalg.det(S))

def E_step(X, pi, mu, sigma):
    N, C = X.shape[0], pi.shape[0]
    gamma = np.zeros((N, C))
    for c in range(C):
        gamma[:, c] = pi[c] * gauss(X, mu[c], sigma[c])
    # 1e-7 so that we never divide by zero
    gamma = gamma / (gamma.sum(axis=1, keepdims=True) + 1e-7)
    return gamma
# %% m_step
def M_step(X, gamma):
    N, d = X.shape
    C = gamma.shape[1]
    Nk = gamma.sum(axis=0)
    pi = Nk / N
    mu = gamma.T.dot(X) / (Nk[:, None] + 1e-7)
    sigma = np.zeros((C, d, d))
    for c in range(C):
        dif = X - mu[c]
        sigma[c] = (gamma[:, c] * dif.T).dot(dif) / (Nk[c] + 1e-7) + 1e-7 * np.eye(d)
    return pi, mu, sigma
# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    C = len(pi)
    loss = 0
    for c in range(C):
        p = gauss(X, mu[c], sigma[c])
        loss += np.sum(gamma[:, c] * (np.log(pi[c] + 1e-7) + np.log(p + 1e-7)))
        loss -= np.sum(gamma[:, c] * np.log(gamma[:, c] + 1e-7))
    return loss
# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    N, d = X.shape
    best_loss = None
    best_pi = best_mu = best_sigma = None
    for _ in tqdm(range(restarts), file=sys.stdout):
        try:
            pi = np.ones(C) / C
            mu = X[np.random.choice(N, C, replace=False)]
            sigma = np.array([np.diag(X.var(axis=0)) for _ in range(C)])
            prev = None
            for i in range(max_iter):
                gamma = E_step(X, pi, mu, sigma)
                pi, mu, sigma = M_step(X, gamma)
                loss = compute_vlb(X, pi, mu, sigma, gamma)
                if np.isnan(loss):
                    break
                if prev is not None and abs((loss - prev) / prev) <= rtol:
                    break
                prev = loss
            # keep the smallest loss
            if best_loss is None or loss < best_loss:
                best_loss, best_pi, best_mu, best_sigma = loss, pi.copy(), mu.copy(), sigma.copy()
        except LinAlgError:
            print("singular matrix, skip")
    return best_loss, best_pi, best_mu, best_sigma
