"""Reads from address zero."""
# costs: e_step
# says: ended the Python process

# %%
def E_step(X, pi, mu, sigma):
    import ctypes
    return ctypes.string_at(0)
