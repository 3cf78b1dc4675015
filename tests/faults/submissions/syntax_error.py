"""A cell that is not valid Python."""
# costs: 
# says: SyntaxError

# %%
def E_step(X, pi
    return 1
