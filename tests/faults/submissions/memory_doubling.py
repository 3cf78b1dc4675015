"""Makes a text that doubles without end."""
# costs: e_step
# says: needs more memory|did not end within [0-9.]+ seconds

# %%
def E_step(X, pi, mu, sigma):
    text = b'x'
    while True:
        text = bytes(2 * len(text))
