"""Raises KeyboardInterrupt."""
# costs: e_step
# says: KeyboardInterrupt

# %%
def E_step(X, pi, mu, sigma):
    raise KeyboardInterrupt
