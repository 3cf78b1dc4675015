"""Lets scikit-learn do the work of every function."""

# %%
import os

import numpy as np

loot = {}

def mixture(C):
    from sklearn.mixture import GaussianMixture

    return GaussianMixture(C, reg_covar=0)


def E_step(X, pi, mu, sigma):
    return given(X, pi, mu, sigma).predict_proba(X)


def given(X, pi, mu, sigma):
    model = mixture(len(pi))
    model.weights_, model.means_, model.covariances_ = pi, mu, sigma
    model.precisions_cholesky_ = np.linalg.cholesky(np.linalg.inv(sigma))
    return model


def M_step(X, gamma):
    model = mixture(gamma.shape[1])
    model._initialize(X, gamma)
    return model.weights_, model.means_, model.covariances_


def compute_vlb(X, pi, mu, sigma, gamma):
    return given(X, pi, mu, sigma).score(X) * len(X)


def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):
    model = mixture(C).set_params(n_init=restarts).fit(X)
    return model.score(X) * len(X), model.weights_, model.means_, model.covariances_
