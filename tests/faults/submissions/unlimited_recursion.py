"""Lifts the recursion limit and calls itself until the stack is gone."""
# costs: e_step
# says: ended the Python process|calls itself|needs more memory|did not end within [0-9.]+ seconds

# %%
def E_step(X, pi, mu, sigma):
    import sys
    sys.setrecursionlimit(10**9)
    return [E_step(X, pi, mu, sigma)]
