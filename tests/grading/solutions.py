"""Solutions and code snippets that several tests of grading use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograder.grading import Result

Grade = Callable[..., Result]
Solved = Callable[..., dict[str, Any]]
Scores = Callable[[Result], dict[str, float]]
Checks = Callable[..., list[dict[str, Any]]]

# Training takes most of the time of a submission, so tests that ask something else leave it out.
NO_TRAINING = "def train_EM(*_):\n    raise NotImplementedError"
ALL_BUT_TRAINING = 80  # points
FULL = {"e_step": 20, "m_step.mu": 10, "m_step.sigma": 20, "m_step.pi": 10, "vlb": 20, "em": 20}
ZEROS = {
    "e_step": "def E_step(X, pi, mu, sigma):\n    return np.zeros((X.shape[0], len(pi)))",
    "m_step": "def M_step(X, gamma):\n    C, d = gamma.shape[1], X.shape[1]\n"
    "    return np.zeros(C), np.zeros((C, d)), np.zeros((C, d, d))",
    "compute_vlb": "def compute_vlb(X, pi, mu, sigma, gamma):\n    return 0.0",
    "train_EM": "def train_EM(X, C, rtol=1e-3, max_iter=100, restarts=10):\n    d = X.shape[1]\n"
    "    return 0.0, np.zeros(C), np.zeros((C, d)), np.zeros((C, d, d))",
}


SPIES = {
    "digits": "raise ValueError({})",
    "a name": "raise NameError(f\"name '{{{}}}' is not defined\")",
    "a sentence of NumPy's": "raise IndexError('index ' + {} + ' is out of bounds for axis 0 with size 2')",
    "a type": "raise type({}, (Exception,), {{}})",
    "a type that is returned": "return type({}, (), {{}})()",
}
WORDS = {  # digits and letters from a case's X: the sandbox and the test compute the same
    "digits": "''.join(f'{abs(int(v * 1e9))}' for v in X.ravel()[:4])",
    "letters": "__import__('base64').b64encode(X.ravel()[:4].tobytes()).decode().strip('=').replace('/', '_')",
}
