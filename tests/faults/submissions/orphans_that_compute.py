"""Starts processes that go on in the background, asks not to be told of their end, and each ends after a moment."""
# costs: e_step
# says: did not end within [0-9.]+ seconds|starts more than the 32 processes|ended the Python process

# %%
def E_step(X, pi, mu, sigma):
    import os, signal
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        try:
            if os.fork() == 0:
                for _ in range(3):
                    sum(range(100_000))
                os._exit(0)
        except OSError:
            pass
