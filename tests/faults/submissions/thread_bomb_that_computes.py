"""Starts threads without end. Each one computes."""
# costs: e_step
# says: did not end within [0-9.]+ seconds|needs more memory|ended the Python process

# %%
def E_step(X, pi, mu, sigma):
    import threading
    def compute():
        while True:
            sum(range(1000))
    while True:
        try:
            threading.Thread(target=compute, daemon=True).start()
        except RuntimeError:
            pass
