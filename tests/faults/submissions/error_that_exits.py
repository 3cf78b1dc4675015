"""Raises an error that ends the program when it is printed."""
# costs: e_step
# says: raised Odd

# %%
class Odd(Exception):
    def __str__(self):
        raise SystemExit


def E_step(X, pi, mu, sigma):
    raise Odd
