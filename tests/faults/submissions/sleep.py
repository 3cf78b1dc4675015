"""Sleeps for a day."""
# costs: e_step
# says: did not end within [0-9.]+ seconds

# %%
def E_step(X, pi, mu, sigma):
    import time
    time.sleep(86400)
