"""Forks without end. Each process forks again and computes."""
# costs: e_step
# says: did not end within [0-9.]+ seconds|starts more than the 32 processes|ended the Python process

# %%
def E_step(X, pi, mu, sigma):
    import os
    while True:
        try:
            os.fork()
        except OSError:
            pass
