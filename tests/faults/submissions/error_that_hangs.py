"""Raises an error that hangs when it is printed."""
# costs: e_step
# says: did not end within [0-9.]+ seconds

# %%
class Odd(Exception):
    def __str__(self):
        while True:
            pass


def E_step(X, pi, mu, sigma):
    raise Odd
