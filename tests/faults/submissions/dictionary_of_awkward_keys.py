"""Returns a dictionary whose keys fail to print themselves."""
# costs: e_step
# says: gamma|ends the program|raised|ended the Python process

# %%
class Awkward:
    def hang(self, *_, **__):
        while True:
            pass

    def fail(self, *_, **__):
        raise SystemExit('no')

    __str__ = __repr__ = fail


def E_step(X, pi, mu, sigma):
    return {Awkward(): 1}
