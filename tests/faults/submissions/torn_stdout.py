"""Replaces standard output by an object that raises."""
# costs: vlb
# says: raised ZeroDivisionError

# %%
import sys


class Torn:
    def write(self, text):
        return 1 // 0

    flush = write


sys.stdout = sys.stderr = Torn()


def compute_vlb(X, pi, mu, sigma, gamma):
    print(X)
    return 0.0
