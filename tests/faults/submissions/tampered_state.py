"""Changes every kind of global state, and leaves the other functions as they were."""
# costs: vlb
# says: raised|loss

# %%
import gc
import locale
import os
import warnings

import numpy as np

gc.disable()
os.nice(1)
os.environ.clear()
warnings.simplefilter('error')
np.seterr(over='raise', invalid='ignore', divide='ignore', under='ignore')
np.random.seed(1)
locale.setlocale(locale.LC_ALL, 'C')


def compute_vlb(X, pi, mu, sigma, gamma):
    return 0.0
