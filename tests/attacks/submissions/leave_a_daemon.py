"""Leaves a process in a session of its own, which writes into the folders of the next submissions."""

# %%
import os

import numpy as np

loot = {}

import glob
import tempfile

PLACES = ["/tmp", "/var/tmp", "/dev/shm", "..", "../..", os.path.expanduser("~"), tempfile.gettempdir()]
NAME = "attack-leave_a_daemon.marker"

import sys
import time


planted = []


def plant(*_, **__):
    planted.append(True)
    if len(planted) <= 2 and os.fork() == 0:  # once in a cell, and once in a call
        try:
            os.setsid()
        except OSError:
            pass
        if os.fork() == 0:
            end = time.monotonic() + 5
            while time.monotonic() < end:
                for place in [*PLACES, *glob.glob("../session-*")]:
                    try:
                        np.zeros(9).tofile(os.path.join(place, NAME))
                    except OSError:
                        pass
                time.sleep(0.02)
        os._exit(0)
    return 0.0


plant()
loot["compute_vlb"] = plant


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
