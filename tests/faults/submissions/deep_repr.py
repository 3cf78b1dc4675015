"""Prints a list nested a hundred thousand times."""
# costs: e_step
# says: calls itself|ended the Python process

# %%
def E_step(X, pi, mu, sigma):
    nested = []
    for _ in range(100000):
        nested = [nested]
    return repr(nested)
