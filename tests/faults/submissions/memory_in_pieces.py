"""Makes a list of arrays that grows without end."""
# costs: e_step
# says: needs more memory|did not end within [0-9.]+ seconds

# %%
def E_step(X, pi, mu, sigma):
    import numpy as np
    kept = []
    while True:
        kept.append(np.zeros(10**7))
