"""A loop that never ends."""
# costs: e_step
# says: did not end within [0-9.]+ seconds

# %%
def E_step(X, pi, mu, sigma):
    while True:
        pass
