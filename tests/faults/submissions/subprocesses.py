"""Starts a pool of worker processes that never end."""
# costs: e_step
# says: did not end within [0-9.]+ seconds|raised|ended the Python process

# %%
def E_step(X, pi, mu, sigma):
    import multiprocessing, time
    with multiprocessing.get_context('fork').Pool(4) as pool:
        return pool.map(time.sleep, [86400] * 4)
