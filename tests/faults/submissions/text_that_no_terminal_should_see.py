"""An exception whose text is a lone surrogate and a terminal's control sequence."""
# costs: e_step
# says: raised ValueError: a � b�\[2J

# %%
def E_step(X, pi, mu, sigma):
    raise ValueError("a \ud800 b\x1b[2J")
