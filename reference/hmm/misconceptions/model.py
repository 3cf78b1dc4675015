"""The class."""

import numpy as np

from autograder.assignment import misconception
from reference.hmm.solution import baum_welch, forward, posterior, viterbi


class _Right:
    """All of it right. Each mistake replaces one method."""

    def __init__(self, n_states, n_symbols):
        self.n_states, self.n_symbols = n_states, n_symbols

    def fit(self, obs):
        self.loglik, self.A, self.B, self.pi = baum_welch(obs, self.n_states, self.n_symbols)
        return self

    def predict(self, obs):
        return viterbi(self.A, self.B, self.pi, obs)

    def score(self, obs):
        return forward(self.A, self.B, self.pi, obs)


@misconception(
    "hmm", hint="score returns the log-likelihood of the training sequence, whatever sequence it gets.", see="Task 6"
)
class score_of_the_training_sequence(_Right):
    """return self.loglik."""

    def score(self, obs):
        return self.loglik


@misconception("hmm", hint="predict decodes the training sequence, whatever sequence it gets.", see="Task 6")
class path_of_the_training_sequence(_Right):
    """Uses self.obs."""

    def fit(self, obs):
        self.obs = obs
        return super().fit(obs)

    def predict(self, obs):
        return viterbi(self.A, self.B, self.pi, self.obs)


@misconception("hmm", hint="predict takes the arg max of gamma: a most probable path is due.", see="Task 4")
class predicts_from_gamma(_Right):
    """posterior in place of viterbi."""

    def predict(self, obs):
        return np.argmax(posterior(self.A, self.B, self.pi, obs)[0], axis=1)


@misconception("hmm", hint="score returns an average over the symbols: the whole sequence counts.", see="Task 6")
class score_of_one_symbol(_Right):
    """forward / T."""

    def score(self, obs):
        return forward(self.A, self.B, self.pi, obs) / len(obs)


@misconception("hmm", hint="score returns the probability, but its logarithm is due.", see="Task 6")
class score_without_logarithm(_Right):
    """np.exp(forward)."""

    def score(self, obs):
        return np.exp(forward(self.A, self.B, self.pi, obs))


@misconception("hmm", hint="score returns minus the log-likelihood.", see="Task 6")
class score_with_the_wrong_sign(_Right):
    """A loss."""

    def score(self, obs):
        return -forward(self.A, self.B, self.pi, obs)


@misconception("hmm", hint="score trains the model again on the sequence that it should only score.", see="Task 6")
class score_trains_again(_Right):
    """self.fit(obs) in score."""

    def score(self, obs):
        self.fit(obs)
        return forward(self.A, self.B, self.pi, obs)


@misconception("hmm", hint="predict trains the model again on the sequence that it should only decode.", see="Task 6")
class predict_trains_again(_Right):
    """self.fit(obs) in predict."""

    def predict(self, obs):
        self.fit(obs)
        return viterbi(self.A, self.B, self.pi, obs)


@misconception(
    "hmm",
    hint="You take the returned values in another order: baum_welch returns the log-likelihood first.",
    see="Task 5",
)
class attributes_in_another_order(_Right):
    """self.A, self.B, self.pi, self.loglik = baum_welch(...)."""

    def fit(self, obs):
        self.A, self.B, self.pi, self.loglik = baum_welch(obs, self.n_states, self.n_symbols)
        return self


@misconception("hmm", hint="Your parameters belong to the class, so all models share them.", see="Task 6")
class parameters_of_the_class(_Right):
    """HMM.A = ..."""

    def fit(self, obs):
        kind = type(self)
        kind.loglik, kind.A, kind.B, kind.pi = baum_welch(obs, self.n_states, self.n_symbols)
        return self


@misconception(
    "hmm",
    hint="The second fit does nothing, because the model has parameters already: it should forget the first sequence.",
    see="Task 6",
)
class trains_only_once(_Right):
    """if not fitted."""

    def fit(self, obs):
        return self if hasattr(self, "A") else super().fit(obs)


@misconception(
    "hmm",
    hint="The second fit also uses the first sequence: the model should forget it.",
    see="Task 6",
)
class remembers_the_first_sequence(_Right):
    """Appends to a list of all sequences."""

    def fit(self, obs):
        self.seen = np.concatenate([getattr(self, "seen", obs[:0]), obs])
        return super().fit(self.seen)


@misconception(
    "hmm",
    hint="You count the symbols in the sequence, but n_symbols says how many there are.",
    see="Task 6",
)
class symbols_counted_in_fit(_Right):
    """M = obs.max() + 1."""

    def fit(self, obs):
        self.loglik, self.A, self.B, self.pi = baum_welch(obs, self.n_states, int(np.max(obs)) + 1)
        return self


@misconception("hmm", hint="You exchange the numbers of states and symbols.", see="Task 6", raises=("IndexError",))
class states_and_symbols_exchanged(_Right):
    """baum_welch(obs, M, K)."""

    def fit(self, obs):
        self.loglik, self.A, self.B, self.pi = baum_welch(obs, self.n_symbols, self.n_states)
        return self


@misconception("hmm", hint="Your model has always two states, but n_states says how many there are.", see="Task 6")
class two_states_always(_Right):
    """baum_welch(obs, 2, ...)."""

    def fit(self, obs):
        self.loglik, self.A, self.B, self.pi = baum_welch(obs, 2, self.n_symbols)
        return self


@misconception("hmm", hint="fit stops after a few iterations: call baum_welch with its own defaults.", see="Task 6")
class few_iterations(_Right):
    """max_iter=2."""

    def fit(self, obs):
        self.loglik, self.A, self.B, self.pi = baum_welch(obs, self.n_states, self.n_symbols, max_iter=2)
        return self


@misconception(
    "hmm",
    hint="fit keeps the parameters in local variables: set them on self.",
    see="Task 6",
    raises=("AttributeError",),
)
class parameters_not_kept(_Right):
    """A, B, pi without self."""

    def fit(self, obs):
        loglik, A, B, pi = baum_welch(obs, self.n_states, self.n_symbols)
        return self


@misconception("hmm", hint="fit forgets to set loglik.", see="Task 6", raises=("AttributeError",))
class loglik_not_kept(_Right):
    """_, self.A, ..."""

    def fit(self, obs):
        _, self.A, self.B, self.pi = baum_welch(obs, self.n_states, self.n_symbols)
        return self


@misconception(
    "hmm", hint="You add a small number to the parameters, so an impossible sequence becomes possible.", see="Task 6"
)
class parameters_with_an_epsilon(_Right):
    """1e-6 in each row."""

    def fit(self, obs):
        super().fit(obs)
        self.A, self.B, self.pi = (
            (p + 1e-6) / (p + 1e-6).sum(axis=-1, keepdims=True) for p in (self.A, self.B, self.pi)
        )
        return self


@misconception("hmm", hint="predict returns symbols: the states of the path are due.", see="Task 6")
class predicts_symbols(_Right):
    """B[path].argmax(axis=1)."""

    def predict(self, obs):
        return self.B[viterbi(self.A, self.B, self.pi, obs)].argmax(axis=1)


@misconception(
    "hmm",
    hint="predict gives the parameters in another order: viterbi takes A, B, pi, obs.",
    see="Task 6",
    raises=("ValueError",),
)
class parameters_given_in_another_order(_Right):
    """viterbi(pi, A, B, obs)."""

    def predict(self, obs):
        return viterbi(self.pi, self.A, self.B, obs)


@misconception("hmm", hint="score ignores the trained pi and starts from equal probabilities.", see="Task 6")
class score_from_equal_first_states(_Right):
    """np.ones(K) / K."""

    def score(self, obs):
        return forward(self.A, self.B, np.full(self.n_states, 1 / self.n_states), obs)


@misconception("hmm", hint="score takes the probability of the best path, but all paths count.", see="Task 6")
class score_of_the_best_path(_Right):
    """The probability of the Viterbi path alone."""

    def score(self, obs):
        path = np.ravel(viterbi(self.A, self.B, self.pi, obs)).astype(int)
        with np.errstate(divide="ignore"):
            log_A, log_B, log_pi = np.log(self.A), np.log(self.B), np.log(self.pi)
        return log_pi[path[0]] + log_B[path, obs].sum() + log_A[path[:-1], path[1:]].sum()
