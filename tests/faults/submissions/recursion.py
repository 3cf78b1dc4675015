"""Calls itself without end."""
# costs: vlb
# says: calls itself without end

# %%
def compute_vlb(X, pi, mu, sigma, gamma):
    return compute_vlb(X, pi, mu, sigma, gamma)
