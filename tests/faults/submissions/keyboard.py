"""Waits for the keyboard."""
# costs: e_step
# says: waits for the keyboard

# %%
def E_step(X, pi, mu, sigma):
    return input('gamma? ')
