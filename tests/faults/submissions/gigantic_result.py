"""Returns more than a submission is allowed to return."""
# costs: e_step
# says: more than the

# %%
def E_step(X, pi, mu, sigma):
    import numpy as np
    return np.zeros((3 << 20, 1))
