"""Writes to the real standard output and error."""
# costs: vlb
# says: loss .*

# %%
import os
import sys


def compute_vlb(X, pi, mu, sigma, gamma):
    for _ in range(100):
        os.write(1, b'x' * 10**5)
        os.write(2, b'x' * 10**5)
        sys.__stdout__.write('x' * 10**5)
    return 0.0
