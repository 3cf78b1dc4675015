# %% e_step
def E_step(X, pi, mu, sigma):
    # batched: sigma is (C, d, d), solve works on all of them at once
    diff = np.transpose(X[None, :, :] - mu[:, None, :], (0, 2, 1))      # C, d, N
    maha = np.sum(diff * np.linalg.solve(sigma, diff), axis=1)          # C, N
    logdet = np.linalg.slogdet(sigma)[1]
    with np.errstate(divide='ignore'):
        loga = np.log(pi)[:, None] - 0.5 * logdet[:, None] - 0.5 * maha
    loga = loga - np.logaddexp.reduce(loga, axis=0)
    return np.exp(loga).T
# %% m_step
import torch

def M_step(X, gamma):
    X = torch.tensor(X)
    g = torch.tensor(gamma)
    Nk = g.sum(0)
    mu = (g.T @ X) / Nk[:, None]
    diff = X[:, None, :] - mu[None]
    sigma = torch.einsum('nc,nci,ncj->cij', g, diff, diff) / Nk[:, None, None]
    return (Nk / X.shape[0]).numpy(), mu.numpy(), sigma.numpy()
# %% compute_vlb
def compute_vlb(X, pi, mu, sigma, gamma):
    import pandas as pd
    d = X.shape[1]
    table = pd.DataFrame(gamma)
    loss = 0
    for c in table.columns:
        diff = (X - mu[c]).T
        logN = -0.5 * (d * np.log(2 * np.pi) + slogdet(sigma[c])[1] + (diff * solve(sigma[c], diff)).sum(0))
        col = table[c]
        col = col[col > 0]
        loss += (col * (np.log(pi[c]) + logN[col.index] - np.log(col))).sum()
    return loss
# %% train_EM
def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    best_loss, best_pi, best_mu, best_sigma = -np.inf, None, None, None
    N, d = X.shape
    sd = X.std(axis=0)
    for _ in tqdm(range(restarts), file=sys.stdout):
        mu = X[np.random.choice(N, C, replace=True)] + np.random.randn(C, d) * 0.05 * sd
        pi = np.ones(C) / C
        sigma = np.tile(np.diag(sd ** 2), (C, 1, 1))
        loss, healthy = None, True
        for _ in range(max_iter):
            try:
                gamma = E_step(X, pi, mu, sigma)
                pi, mu, sigma = M_step(X, gamma)
                old, loss = loss, compute_vlb(X, pi, mu, sigma, gamma)
                healthy = np.isfinite(loss) and np.linalg.eigvalsh(sigma / np.outer(sd, sd)).min() > 1e-6
            except (LinAlgError, ValueError):
                healthy = False
            if not healthy or (old is not None and abs((loss - old) / old) <= rtol):
                break
        if healthy and loss > best_loss:
            best_loss, best_pi, best_mu, best_sigma = loss, pi.copy(), mu.copy(), sigma.copy()
    if best_pi is None:
        raise RuntimeError('EM: all restarts collapsed')
    return best_loss, best_pi, best_mu, best_sigma
