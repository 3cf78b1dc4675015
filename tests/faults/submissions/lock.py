"""Waits for a lock that it holds."""
# costs: e_step
# says: did not end within [0-9.]+ seconds

# %%
def E_step(X, pi, mu, sigma):
    import threading
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()
