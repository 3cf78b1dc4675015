"""Ends the program."""
# costs: e_step
# says: ends the program

# %%
def E_step(X, pi, mu, sigma):
    import sys
    sys.exit(0)
