"""Makes thousands of nested folders."""
# costs: e_step
# says: gamma|did not end within [0-9.]+ seconds

# %%
def E_step(X, pi, mu, sigma):
    import os
    for _ in range(3000):
        os.mkdir("a")
        os.chdir("a")
    return None
