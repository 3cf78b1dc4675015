"""Shared by the attacks that look for a solution: they search for it, load it and answer with it."""

# %%
import os
import time

import numpy as np

NAMES = ("E_step", "M_step", "compute_vlb", "train_EM")
loot = {}
end = time.monotonic() + 3


def take(path):
    """Load a file's functions if it defines all of the assignment's functions."""
    try:
        text = open(path, "rb").read()
        if all(b"def " + name.encode() in text for name in NAMES) and b"NotImplementedError" not in text:
            module = {"__name__": "taken"}
            exec(compile(text, path, "exec"), module)
            loot.update({name: module[name] for name in NAMES})
    except BaseException:
        pass


def walk(top):
    for folder, folders, files in os.walk(top):
        folders[:] = [f for f in folders if os.path.join(folder, f) not in ("/proc", "/sys", "/dev")]
        for file in files:
            if file in ("solution.py", "alternatives.py", "em_gmm.ipynb"):
                take(os.path.join(folder, file))
        if loot or time.monotonic() > end:
            return


# %%
def E_step(X, pi, mu, sigma):
    return loot["E_step"](X, pi, mu, sigma) if "E_step" in loot else np.zeros((len(X), len(pi)))


def M_step(X, gamma):
    d, C = X.shape[1], gamma.shape[1]
    return loot["M_step"](X, gamma) if "M_step" in loot else (np.zeros(C), np.zeros((C, d)), np.zeros((C, d, d)))


def compute_vlb(X, pi, mu, sigma, gamma):
    return loot["compute_vlb"](X, pi, mu, sigma, gamma) if "compute_vlb" in loot else 0.0


def train_EM(X, C, *more, **named):
    return loot["train_EM"](X, C, *more, **named) if "train_EM" in loot else (0.0, *M_step(X, np.zeros((len(X), C))))
