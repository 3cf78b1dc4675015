"""Texts of Python, NumPy and SciPy are shown. Each is raised for real, so that new versions of them are noticed."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np
import pytest

from autograder.grading import known_sentences
from autograder.grading.known_sentences import known_sentence
from autograder.grading.withheld_text import without_case_data

SETUP = """
import math, random
import numpy as np
import scipy.linalg
from scipy.stats import multivariate_normal

X, Z, A, V, I = np.ones((4, 2)), np.zeros((4, 2)), np.eye(2), np.ones(3), np.arange(3)
NAN = np.full((2, 2), np.nan)

def one(X): pass
def two(X, pi=1): pass
def three(X, pi, mu): pass
def unbound():
    if not X.size:
        value = 1
    return value
"""
RAISES = """
# Python
1 // 0
1.0 % 0
0.0**-1
(2 * math.pi) ** 1000
math.exp(1000)
math.log(0)
math.sqrt(-1.0)
2**10000 * 1.0
int(math.nan)
int(math.inf)
[1][1]
(1,)[1]
[].pop()
{"pi": 1}["mu"]
{"pi": 1}[1]
[1].index(2)
[1].remove(2)
max([])
max(())
None.shape
None[0]
None()
None + 1
None < 1
1 - "1"
[1] * 1.5
[1] + (1,)
"a" + 1
-[1]
~1.5
len(1)
iter(1)
[1][0.5]
range(1.5)
"abc"["a"]
{[]: 1}
int([])
float([])
math.log("a")
1 in 2
a, b, c = 1, 2
a, b = 1, 2, 3
a, b = 1
a, *b, c = [1]
X = missing
import missing_module_of_mine
from math import missing
three()
one(1, 2)
two(1, 2, 3)
one(1, X=1)
one(mu=1)
raise 1
math.missing
math.gamma(1, 2)
round()
"%d %d" % (1,)
random.choice([])
random.sample([1], 2)
"".join([1])
unbound()
# NumPy: values and shapes
float(V)
math.isnan(np.ones((1, 1)))
bool(V)
len(np.float64(1.0))
np.float64(1.0)[0]
list(np.array(1.0))
X(1)
X.missing
X[0.5]
X[[0.5]]
X[5]
X[0, 0, 0]
X[np.ones(3, bool)]
X[[0, 1], [0, 1, 1]]
X + V
np.broadcast_to(X, (4, 3))
np.broadcast_arrays(X, V)
X @ V
X @ X
X @ 1
X.dot(X)
X.reshape(3, 3)
X.reshape(-1, 3)
X.reshape(-1, -1)
X.sum(axis=2)
X.transpose(0, 1, 2)
X.transpose(0, 0)
X.squeeze(axis=0)
np.array([[1, 2], [3]])
np.array([X, V], dtype=float)
Z[0] = V
Z[0] = [1, [2]]
Z[:, 2] = 1
Z[X[:, 0] > 0] = V
Z[np.ones((4, 2), bool)] = V
Z[[0, 1, 2]] = A
I += 0.5
V += X
np.broadcast_to(V, (2, 3))[0] = 1
np.concatenate([X, np.ones((4, 2, 1))])
np.concatenate([X, np.ones((4, 3))])
np.concatenate([])
np.concatenate([np.float64(1.0)])
np.vstack([X, V])
np.stack([X, V])
np.stack([])
np.array_split(X, 0)
np.split(X, 3)
np.max(np.array([]))
np.argmax([])
np.average(X, weights=np.zeros(4), axis=0)
np.average(X, weights=V)
np.average(X, axis=0, weights=V)
np.cov(X.T, aweights=V)
np.cov(X.T, aweights=-np.ones(4))
np.cov(np.ones((2, 2, 2)))
np.diag(np.ones((2, 2, 2)))
np.einsum("ij,jk->ik", X, X)
np.einsum("ijk", X)
np.einsum("i", X)
np.einsum("ij->k", X)
np.einsum("ij,ij", X)
np.einsum("ij", X, X)
np.einsum("ncd,ncd->nc", np.ones((4, 3, 2)), np.ones((4, 2, 2)))
np.arange(3) ** -1
np.array([True]) - np.array([True])
-np.array([True])
np.log("a")
np.log(np.array([None]))
np.isnan(np.array([None]))
np.add(X, "a")
np.zeros("a")
np.zeros((2, 1.5))
np.zeros(-1)
np.zeros(2, 3)
np.zeros(2, "missing")
np.eye(2).fill()
# NumPy: names that it no longer has
np.float
np.NINF
np.Infinity
np.alltrue
np.missing
# NumPy: linear algebra and random numbers
np.linalg.inv(np.zeros((2, 2)))
np.linalg.inv(X)
np.linalg.inv(V)
np.linalg.solve(A, V)
np.linalg.solve(A, np.ones((3, 2)))
np.linalg.cholesky(-A)
np.linalg.cholesky(X)
np.linalg.eigh(X)
np.linalg.eigh(V)
np.linalg.eigvals(NAN)
np.linalg.svd(NAN)
np.linalg.slogdet(X)
np.linalg.det(np.array([["a", "b"], ["c", "d"]]))
np.random.choice(X, 2)
np.random.choice(3, 4, replace=False)
np.random.choice(0, 1)
np.random.choice(3, 1, p=[0.5, 0.1, 0.1])
np.random.choice(3, 1, p=[0.5, 0.5])
np.random.choice(3, 1, p=[np.nan, 0.5, 0.5])
np.random.choice(3, 1, p=[-1.0, 1.0, 1.0])
np.random.choice(3, 2, p=[1.0, 0.0, 0.0], replace=False)
np.random.default_rng(0).choice(3, 4, replace=False)
np.random.default_rng(0).choice(3, 1, p=[0.5, 0.1, 0.1])
np.random.default_rng(0).choice("a")
np.random.dirichlet([0.0, 1.0])
np.random.multivariate_normal(np.zeros(3), A)
np.random.multivariate_normal(np.zeros((2, 1)), A)
np.random.multivariate_normal(np.zeros(2), V)
np.random.randint(3, 3)
np.random.normal(0, -1)
np.random.seed(-1)
np.random.permutation(1.5)
# SciPy
multivariate_normal.pdf(X, np.zeros(3), A)
multivariate_normal.pdf(X, np.zeros(2), -A)
multivariate_normal.pdf(X, np.zeros(2), np.zeros((2, 2)))
multivariate_normal.pdf(X, np.zeros(2), X)
multivariate_normal.pdf(X, np.zeros(2), np.ones((2, 2, 2)))
multivariate_normal.pdf(X, np.zeros((2, 2)), A)
multivariate_normal.pdf(X, np.zeros(2), NAN)
multivariate_normal(mean=np.zeros((3, 1)), cov=A)
scipy.linalg.inv(np.zeros((2, 2)))
scipy.linalg.inv(X)
scipy.linalg.inv(NAN)
scipy.linalg.solve(A, np.ones((3, 2)))
scipy.linalg.solve(np.zeros((2, 2)), np.ones(2))
scipy.linalg.solve_triangular(A, V)
scipy.linalg.solve_triangular(X, V)
scipy.linalg.solve_triangular(np.zeros((2, 2)), np.ones(2))
scipy.linalg.cholesky(-A)
scipy.linalg.cholesky(X)
scipy.linalg.cholesky(NAN)
scipy.linalg.cho_solve((A, True), V)
scipy.linalg.eigh(X)
scipy.linalg.eigh(V)
scipy.linalg.det(X)
"""


def raised_by(line: str) -> str:
    names: dict[str, object] = {}
    exec(SETUP, names)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        with pytest.raises(Exception) as caught:  # noqa: PT011 - the text is looked up below
            exec(line, names)
    return (str(caught.value).splitlines() or [""])[0].strip()


LINES = [line for line in RAISES.strip().splitlines() if not line.startswith("#")]


def test_every_text_that_code_like_the_students_raises_is_a_known_sentence() -> None:
    texts = {line: raised_by(line) for line in LINES}
    assert len(set(texts.values())) > 140
    assert {line: text for line, text in texts.items() if text and not known_sentence(text)} == {}


@pytest.mark.parametrize("name", ["NINF", "PINF", "Infinity", "NaN", "float_", "alltrue", "round_", "asfarray"])
def test_the_cure_for_a_name_that_numpy_removed_is_shown_in_full(name: str) -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(np, name)
    failure = {"type": "AttributeError", "text": str(caught.value), "cell": 0, "line": 1}
    assert without_case_data(failure, [], ["x = 1"])["text"] == str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        *("division by zero 0.25", "(34, 'Numerical result out of range') 5", "0.25", "1.5 is not in list"),
        *("Singular matrix 17", "X of 3 is odd", "`np.NINF` was removed in the NumPy 2.0 release. Use 0.25 instead."),
    ],
)
def test_a_text_with_more_in_it_is_none(text: str) -> None:
    assert known_sentence(text) is None


def test_no_sentence_has_room_for_more_than_docs_isolation_counts_on() -> None:
    lines = Path(known_sentences._FILE).read_text(encoding="utf-8").splitlines()
    holes = [re.sub(r"\\[~#$^@]", "", line) for line in lines if not line.startswith("/")]
    assert len(holes) > 380
    assert [line for line in holes if line.count("~") > 4 or line.count("#") + 4 * line.count("$") > 16] == []
    assert len(holes) == len(set(holes))
