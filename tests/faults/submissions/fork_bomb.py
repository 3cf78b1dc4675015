"""Forks 200 processes that sleep, and waits for them."""
# costs: e_step
# says: did not end within [0-9.]+ seconds|raised|starts more than the 32 processes|ended the Python process

# %%
def E_step(X, pi, mu, sigma):
    import os, time
    for _ in range(200):
        if os.fork() == 0:
            time.sleep(20)
            os._exit(0)
    time.sleep(20)
    raise RuntimeError('forked')
