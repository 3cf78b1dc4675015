"""Aborts."""
# costs: e_step
# says: ended the Python process

# %%
def E_step(X, pi, mu, sigma):
    import os
    os.abort()
