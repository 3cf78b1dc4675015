"""Makes one array that is larger than the machine's memory."""
# costs: e_step
# says: needs more memory|did not end within [0-9.]+ seconds

# %%
def E_step(X, pi, mu, sigma):
    import numpy as np
    x = np.zeros(10**10)
    x[:] = 1
    return x
