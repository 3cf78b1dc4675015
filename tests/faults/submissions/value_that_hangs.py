"""Returns an object that hangs whenever one of its methods is called."""
# costs: e_step
# says: gamma|did not end within [0-9.]+ seconds

# %%
class Awkward:
    def hang(self, *_, **__):
        while True:
            pass

    def fail(self, *_, **__):
        raise SystemExit('no')

    __len__ = __iter__ = __array__ = __repr__ = __str__ = __float__ = hang


def E_step(X, pi, mu, sigma):
    return Awkward()
