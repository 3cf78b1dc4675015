"""The class, written in other ways."""

import dataclasses

import numpy as np

from autograder.assignment import alternative
from reference.hmm.solution import baum_welch, forward, viterbi


@alternative("HMM")
class ModelThatReturnsNothing:
    """fit returns None, and the parameters begin as None."""

    def __init__(self, n_states, n_symbols):
        self.n_states, self.n_symbols = n_states, n_symbols
        self.A = self.B = self.pi = self.loglik = None

    def fit(self, obs):
        self.loglik, self.A, self.B, self.pi = baum_welch(obs, self.n_states, self.n_symbols)

    def predict(self, obs):
        return viterbi(self.A, self.B, self.pi, obs)

    def score(self, obs):
        return forward(self.A, self.B, self.pi, obs)


@alternative("HMM")
class ModelWithProperties:
    """Keeps one tuple, and shows its entries as properties."""

    def __init__(self, n_states, n_symbols, **options):
        self._sizes = (n_states, n_symbols)
        self._options = options
        self._found = None

    @property
    def n_states(self):
        return self._sizes[0]

    @property
    def n_symbols(self):
        return self._sizes[1]

    @property
    def loglik(self):
        return self._found[0]

    @property
    def A(self):
        return self._found[1]

    @property
    def B(self):
        return self._found[2]

    @property
    def pi(self):
        return self._found[3]

    def fit(self, obs):
        self._found = baum_welch(obs, *self._sizes, **self._options)
        return self

    def predict(self, obs):
        return [int(state) for state in np.ravel(viterbi(*self._found[1:], obs))]

    def score(self, obs):
        return forward(*self._found[1:], obs)


@alternative("HMM")
@dataclasses.dataclass
class ModelAsADataclass:
    """A dataclass with a dictionary of the arguments of the other functions."""

    n_states: int
    n_symbols: int

    def fit(self, obs):
        obs = np.asarray(obs)
        names = ("loglik", "A", "B", "pi")
        for name, value in zip(names, baum_welch(obs, self.n_states, self.n_symbols)):
            setattr(self, name, np.array(value))
        return self

    @property
    def theta(self):
        return {name: getattr(self, name) for name in ("A", "B", "pi")}

    def predict(self, obs):
        return viterbi(**self.theta, obs=obs)

    def score(self, obs):
        return forward(**self.theta, obs=obs)


class _Fitted:
    """What every trained model can do."""

    def _parameters(self):
        if not hasattr(self, "A"):
            raise ValueError("call fit first")
        return self.A, self.B, self.pi

    def predict(self, obs):
        return viterbi(*self._parameters(), obs)

    def score(self, obs):
        return float(np.squeeze(forward(*self._parameters(), obs)))


@alternative("HMM")
class ModelWithABaseClass(_Fitted):
    """Inherits predict and score."""

    def __init__(self, n_states, n_symbols):
        super().__init__()
        self.n_states = n_states
        self.n_symbols = n_symbols

    def fit(self, obs):
        loglik, A, B, pi = baum_welch(obs, K=self.n_states, M=self.n_symbols)
        self.loglik, self.A, self.B, self.pi = loglik, np.array(A), np.array(B), np.array(pi)
        return self


@alternative("HMM")
class ModelThatScoresAfterTraining:
    """loglik is computed again from the parameters."""

    def __init__(self, n_states=2, n_symbols=6):
        self.n_states = int(n_states)
        self.n_symbols = int(n_symbols)

    def fit(self, obs, **options):
        _, *theta = baum_welch(obs, self.n_states, self.n_symbols, **options)
        self.A, self.B, self.pi = theta
        self.loglik = self.score(obs)
        return self

    def predict(self, obs):
        return viterbi(self.A, self.B, self.pi, obs)

    def score(self, obs):
        return forward(self.A, self.B, self.pi, obs)
