"""A cell that is no Python."""
# costs: 
# says: SyntaxError

# %%
def E_step(X, pi
    return 1
