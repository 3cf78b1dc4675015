"""Returns an object that ends the program whenever one of its methods is called."""
# costs: e_step
# says: gamma|ended the Python process

# %%
class Awkward:
    def hang(self, *_, **__):
        while True:
            pass

    def fail(self, *_, **__):
        raise SystemExit('no')

    __len__ = __iter__ = __array__ = __repr__ = __str__ = __float__ = fail


def E_step(X, pi, mu, sigma):
    return Awkward()
