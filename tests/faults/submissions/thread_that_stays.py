"""Starts a thread that is not a daemon and never ends."""
# costs: vlb
# says: loss

# %%
import threading

threading.Thread(target=threading.Event().wait).start()


def compute_vlb(X, pi, mu, sigma, gamma):
    return 0.0
