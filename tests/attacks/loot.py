"""Shared by the attacks that look for a solution: they search for it, load it and answer with it."""

# %%
import os
import time

import numpy as np

NAMES = ("E_step", "M_step", "compute_vlb", "train_EM")
loot = {}
searched = set()
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


def files_below(top, names):
    """Yield the files of these names in and below a folder, but not where an earlier search has looked everywhere."""
    due, seen = [top if top.startswith("/proc/") else os.path.realpath(top)], set()
    while due:
        folder = due.pop()
        if folder in searched:
            continue
        seen.add(folder)
        try:
            for entry in os.scandir(folder):
                if entry.is_dir(follow_symlinks=False):
                    due += [] if entry.path in ("/proc", "/sys", "/dev") else [entry.path]
                elif entry.name in names:
                    yield entry.path
        except OSError:
            pass
        if time.monotonic() > end:
            return
    searched.update(seen)


def walk(top):
    for path in files_below(top, ("solution.py", "alternatives.py", "em_gmm.ipynb")):
        take(path)
        if loot:
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
