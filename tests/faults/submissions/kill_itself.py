"""Kills its own process."""
# costs: e_step
# says: ended the Python process|is None|None

# %%
def E_step(X, pi, mu, sigma):
    import os
    os.kill(os.getpid(), 9)
