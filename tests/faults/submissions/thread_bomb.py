"""Starts 200 threads that sleep, and waits for them."""
# costs: e_step
# says: did not end within [0-9.]+ seconds|raised|starts more than the 32 processes|needs more memory|ended the Python process

# %%
def E_step(X, pi, mu, sigma):
    import threading, time
    for _ in range(200):
        threading.Thread(target=time.sleep, args=(20,)).start()
    time.sleep(20)
    raise RuntimeError('started')
