"""Raises MemoryError."""
# costs: e_step
# says: MemoryError

# %%
def E_step(X, pi, mu, sigma):
    raise MemoryError
