"""Prints ten megabytes, then does its work."""
# costs: vlb
# says: loss .*

# %%
def compute_vlb(X, pi, mu, sigma, gamma):
    for _ in range(10):
        print('x' * 10**6)
    return 0.0
