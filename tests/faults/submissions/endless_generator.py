"""Returns a generator that never ends."""
# costs: e_step
# says: gamma

# %%
def E_step(X, pi, mu, sigma):
    import itertools
    return (x for x in itertools.count())
