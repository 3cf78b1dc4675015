# ruff: noqa: E501 - tables
"""The same value counts at the desk and in grading: one table goes through the local grader and through the sandbox."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from autograder.assignment import CheckFailed, expect, unpack
from autograder.grading import Student
from autograder.sandbox import Sandbox
from grader.same import is_same
from grader.values import BadValue, as_array

# What each value is made of. A student's notebook has these lines too.
SETUP = """
import array, collections, dataclasses, decimal, enum, fractions, functools, itertools, types, typing
import numpy as np

M = np.arange(6.0).reshape(2, 3)
V = np.array([1.0, 2.0, 3.0])
Pair = collections.namedtuple("Pair", "a b")
Params = collections.namedtuple("Params", "x y z")

class Typed(typing.NamedTuple):
    x: float
    y: float
    z: float

class MyList(list): pass
class MyTuple(tuple): pass
class MyDict(dict): pass
class MyArray(np.ndarray): pass
class MyFloat(float): pass
class Level(enum.IntEnum):
    two = 2

class Frame:
    \"\"\"As a table of pandas: numbers that NumPy can ask for, and names.\"\"\"
    def __init__(self, values): self.values = values
    def __array__(self, dtype=None, copy=None): return np.asarray(self.values)
    def __len__(self): return len(self.values)
    def __iter__(self): return iter(self.values)
    def __getitem__(self, i): return self.values[i]

class Sized:
    def __len__(self): return 3
    def __getitem__(self, i): return 1.0

class Raises:
    def __array__(self, dtype=None, copy=None): raise ValueError("no")

class Hides:
    @property
    def __class__(self): raise RuntimeError("no")

@dataclasses.dataclass
class Data:
    x: float = 1.0

@dataclasses.dataclass
class Unpacks:
    x: float = 1.0
    def __iter__(self): return iter((1.0, 2.0, 3.0))

def gen():
    yield 1.0
    yield 2.0
    yield 3.0

def broken():
    yield 1.0
    raise ValueError("in the middle")

def matrix(x):
    import warnings
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.matrix(x)

itself = []
itself.extend([itself, itself])
deep = 1.0
for _ in range(30):
    deep = [deep]
"""

ONE_NUMBER = """
2, 2.0, True, None, 2j, 2 + 0j, "2", b"2", np.float16(2), np.float32(2), np.float64(2), np.longdouble(2)
np.int8(2), np.uint64(2), np.bool_(True), np.complex128(2), np.clongdouble(2), np.str_("2"), np.bytes_(b"2")
np.array(2), np.array([2.0]), np.array([[2]]), [2], [[2]], (2,), Pair(2, 3), {"a": 2}, {2}, matrix([[2.0]])
np.ma.masked, np.ma.array([2.0]), np.ma.array([2.0], mask=[True]), np.array([2.0], dtype=object), np.array(2.0, dtype=object)
fractions.Fraction(2), fractions.Fraction(1, 3), decimal.Decimal(2), 2 ** 70, 10 ** 400, -(2 ** 63), MyFloat(2), Level.two
Frame(np.array(2.0)), Frame(2.0), Frame([2.0]), Raises(), Hides(), Data(), Sized(), object(), len, lambda: 2, int
np.float64, np.datetime64("2020-01-01"), np.timedelta64(2, "s"), np.array("2"), np.array(["2"]), float("nan"), float("inf")
functools.partial(len), np.random.default_rng(0), np, gen(), iter([2.0]), range(2, 3), range(10 ** 15), V.sum, np.exp
np.nan, -np.inf, np.float32("inf"), np.longdouble("1e4000"), memoryview(b"2"), array.array("d", [2.0]), slice(2), ..., NotImplemented
(V, V), (2.0, 3.0), [2.0, 3.0], np.zeros(0), [], (), {}, set(), "", complex("nan"), np.array([1 + 0j])
"""
THREE = """
V, [1.0, 2.0, 3.0], (1.0, 2.0, 3.0), Params(1.0, 2.0, 3.0), Typed(1.0, 2.0, 3.0), MyList([1, 2, 3]), MyTuple((1, 2, 3))
V.view(MyArray), V[:, None], V[None], [[1], [2], [3]], V.astype("f2"), V.astype(">f4"), V.astype(np.longdouble), V.astype("u1")
V.astype(complex), V.astype(bool), V.astype(str), V.astype(object), V.astype("S1"), V.astype("M8[s]"), V.astype("m8[s]")
np.array([1, None, 3]), np.array([1, "2", 3], dtype=object), np.array(["1", "2", "3"], dtype=object), matrix(V), matrix(V).T
np.ma.array(V), np.ma.array(V, mask=[0, 1, 0]), np.rec.array([(1.0, 2)], dtype=[("a", float), ("b", int)]), np.rec.array(V)
range(1, 4), gen(), map(float, V), iter(V), zip(V), reversed([3, 2, 1]), collections.deque(V), array.array("d", V), array.array("i", [1, 2, 3])
collections.UserList([1, 2, 3]), memoryview(V), memoryview(b"123"), memoryview(M), memoryview(array.array("f", V))
bytearray(b"123"), {1, 2, 3}, frozenset([1, 2, 3]), {1: 1, 2: 2, 3: 3}, dict.fromkeys([1, 2, 3]).keys(), {1: 1, 2: 2, 3: 3}.values()
collections.Counter([1, 2, 3]), collections.OrderedDict(), types.MappingProxyType({}), collections.UserDict(), MyDict(a=1)
Frame(V), Frame([1, 2, 3]), Frame(V.astype(object)), Frame(np.array(["a", "b", "c"])), Frame(None), Frame("abc"), [Frame(1.0), 2.0, 3.0]
[True, 2.0, 3.0], [True, False, True], [1, None, 3], [1, "2", 3], [1, b"2", 3], [1, 2j, 3], [1, [2], 3], [[1, 2], [3]]
[fractions.Fraction(1, 3)] * 3, [decimal.Decimal(1)] * 3, [np.float32(1), 2, 3], [np.array(1), np.array([2]), 3], [np.array([1]), [2], [3]]
[np.bool_(True), 2, 3], [np.ma.masked, 2, 3], [10 ** 400, 1, 2], [2 ** 70, 1, 2], [2 ** 63, 1, 2], [np.nan, 1, np.inf], [Level.two, 2, 2]
[range(1), range(1, 2), range(2, 3)], [len, 1, 2], [int, 1, 2], [{}, 1, 2], [{1}, 1, 2], [gen(), 1, 2], [Raises(), 1, 2], [Data(), 1, 2]
[[True], [2.0], [3.0]], [[1], ["2"], [3]], [[1j], [2], [3]], [[fractions.Fraction(1)], [2], [3]], [[np.ma.masked], [2], [3]], [[None], [2], [3]]
itself, deep, [itself, 1, 2], np.broadcast_to(1.0, (10 ** 5, 10 ** 6)), V[:2], M, M.T, V[::-1], np.asfortranarray(M), (V,), [V]
"""
SIX = """
M, M.tolist(), list(M), tuple(map(tuple, M)), [list(map(np.float64, row)) for row in M], [list(map(np.float32, row)) for row in M]
M.astype(np.longdouble), matrix(M), np.ma.array(M), Frame(M), [Frame(M[0]), Frame(M[1])], [range(3), range(3, 6)]
[array.array("d", row) for row in M], [collections.deque(row) for row in M], collections.deque(map(tuple, M)), memoryview(M)
M.T, M.ravel(), M[None], M[:, :, None], np.array([list(r) for r in M], dtype=object), [Params(*row) for row in M]
[[True, False, True], [True, True, True]], [[1, 2, 3], [4, 5, True]], [[1, 2, 3], [4, 5, None]], [[1, 2, 3], [4, 5]], [{}, {}]
[M[0], M[1][:2]], [M[0], list(M[1])], [M[0].astype(int), M[1]], [[1, 2, 3], [4, 5, 2 ** 64]], [[1, 2, 3], [4, 5, 10 ** 400]]
"""


def expressions(table: str) -> list[str]:
    """The expressions of a table, which commas divide."""
    import ast

    lines = [line for line in table.splitlines() if line.strip()]
    trees = [ast.parse(f"[{line}]", mode="eval").body for line in lines]
    return [ast.unparse(item) for tree in trees for item in tree.elts]  # type: ignore[attr-defined]


CASES = [
    (shape, text) for shape, table in (((), ONE_NUMBER), ((3,), THREE), ((2, 3), SIX)) for text in expressions(table)
]
CASES += [((4000,), "[0.1] * 4000"), ((4000,), "(0.1,) * 4000"), ((4000,), "[True] * 4000")]
CASES += [((4000,), "[np.float64(0.5)] * 4000"), ((30000, 3), "[[np.float64(0.5)] * 3] * 30000")]
if importlib.util.find_spec("pandas"):
    SETUP += "import pandas\n"
    CASES += [((3,), "pandas.Series(V)"), ((2, 3), "pandas.DataFrame(M)"), ((3,), "pandas.Series(['a', 'b', 'c'])")]
SEVERAL = """
(1, 2, 3), [1, 2, 3], Params(1, 2, 3), Typed(1, 2, 3), MyTuple((1, 2, 3)), MyList([1, 2, 3]), V, V[:, None], V.astype(object)
gen(), map(float, V), iter(V), zip(V), collections.deque(V), range(3), array.array("d", V), Frame(V), Unpacks(), [[1.0], [2.0], [3.0]]
{1: 1, 2: 2, 3: 3}.values(), np.array([V, M, None], dtype=object), np.array(V, dtype="f2"), matrix(V).T, collections.UserList(V)
(1, 2), [1], V[:2], Pair(1, 2), iter([1, 2]), itertools.count(), None, 1, M, object(), Data(), broken(), len
"""


# Values that are compared exactly, each with what is due.
EXACT = """
("B", "B"), (np.str_("B"), "B"), (np.array("B"), "B"), (np.array(["B"]), "B"), (["B"], "B"), (b"B", "B"), ("b", "B"), (None, "B")
(["a", "b"], ["a", "b"]), (np.array(["a", "b"]), ["a", "b"]), (np.array(["a", "b"], dtype=object), ["a", "b"]), (collections.deque("ab"), ["a", "b"])
(Pair("a", "b"), ("a", "b")), (Frame(np.array(["a", "b"])), ["a", "b"]), (iter("ab"), ["a", "b"]), ("ab", ["a", "b"]), (["a", 1], ["a", "b"])
(True, True), (np.bool_(True), True), (1, True), (np.True_, False), ([True, False], np.array([True, False])), ([1, 0], np.array([True, False]))
(3, 3), (np.int8(3), 3), (Level.two, 2), (3.0, 3), (np.float32(3), 3), (3 + 1e-9, 3), (2 ** 80, 2 ** 80), (2 ** 80 + 1, 2 ** 80), (float(2 ** 80), 2 ** 80)
([0, 2], np.array([0, 2])), (range(0, 3, 2), [0, 2]), (V[:2] - 1, [0, 1]), (np.uint8([0, 2]), [0, 2]), ([0, 2.5], [0, 2]), (iter([0, 2]), [0, 2])
({"a": 1}, {"a": 1}), (collections.Counter("aab"), {"a": 2, "b": 1}), (collections.OrderedDict(a=1), {"a": 1}), ({np.int64(1): "x"}, {1: "x"})
({"a": np.array([1, 2])}, {"a": [1, 2]}), ({(0, 1): None}, {(0, 1): None}), (types.MappingProxyType({"a": 1}), {"a": 1}), ({"a": 1, "b": 2}, {"a": 1})
([1, "a", None], [1, "a", None]), ((1, "a", None), [1, "a", None]), (np.array([1, "a", None], dtype=object), [1, "a", None]), ([1, "a", 0], [1, "a", None])
(None, None), (0, None), ([], []), ((), []), (np.zeros(0), []), (np.zeros((0, 3)), np.zeros((0, 3))), ([], np.zeros((0, 3))), ([[]], [])
"""


@pytest.fixture(scope="module")
def returned(sandbox: Sandbox) -> Iterator[Student]:
    """A student whose `f(i)` returns the value number i of both tables."""
    texts = [text for _, text in CASES] + expressions(SEVERAL) + [f"{pair}[0]" for pair in expressions(EXACT)]
    thunks = ",\n".join(f"lambda: {text}" for text in texts)
    student = Student(sandbox, [SETUP, f"values = [{thunks}]\ndef f(i):\n    return values[i]()"], {}, ["f"])
    student.start()
    assert student.failures == []
    yield student
    student.close()


# A sentence may call the value by the name of the type that it is a kind of.
KIND_OF = {"Counter": "dict", "OrderedDict": "dict", "MyDict": "dict", "str_": "str", "bytes_": "bytes"}
KIND_OF |= {"bytearray": "bytes"}


def desk(value: Any, shape: tuple[int, ...]) -> Any:
    try:
        return as_array(value, shape, "x")
    except BadValue as sentence:
        return str(sentence)


def graded(student: Student, number: int, shape: tuple[int, ...]) -> Any:
    try:
        return expect(student.f(number), "x").shape(*shape).array
    except CheckFailed as sentence:
        return str(sentence)


@pytest.fixture(scope="module")
def namespace() -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "builtins"}  # a module for its classes
    exec(SETUP, names)
    return names


@pytest.mark.parametrize(
    ("number", "shape", "text"), [(i, *case) for i, case in enumerate(CASES)], ids=lambda x: str(x)[:60]
)
def test_a_value_counts_at_the_desk_as_in_grading(
    number: int, shape: tuple[int, ...], text: str, returned: Student, namespace: dict[str, Any]
) -> None:
    at_the_desk, in_grading = desk(eval(text, namespace), shape), graded(returned, number, shape)
    if isinstance(at_the_desk, str):
        words = re.findall(r"\w+|\W", at_the_desk)
        assert in_grading == "".join(KIND_OF.get(word, word) for word in words)
    else:
        np.testing.assert_array_equal(in_grading, at_the_desk)


@pytest.mark.parametrize(("number", "text"), [(len(CASES) + i, t) for i, t in enumerate(expressions(SEVERAL))], ids=str)
def test_what_a_notebook_can_unpack_counts_as_several_values(
    number: int, text: str, returned: Student, namespace: dict[str, Any]
) -> None:
    try:
        a, b, c = eval(text, namespace)
    except Exception:  # noqa: BLE001 - whatever the notebook would show
        with pytest.raises(CheckFailed, match=r"where 3 values \(a, b, c\) are due|raised ValueError"):
            unpack(returned.f(number), ("a", "b", "c"))
        return
    for one, other in zip((a, b, c), unpack(returned.f(number), ("a", "b", "c")), strict=True):
        np.testing.assert_array_equal(desk(other, np.shape(one)), desk(one, np.shape(one)))


@pytest.mark.parametrize(
    ("number", "pair"),
    [(len(CASES) + len(expressions(SEVERAL)) + i, t) for i, t in enumerate(expressions(EXACT))],
    ids=str,
)
def test_an_exact_value_counts_at_the_desk_as_in_grading(
    number: int, pair: str, returned: Student, namespace: dict[str, Any]
) -> None:
    got, due = eval(pair, namespace)
    assert is_same(returned.f(number), due) == is_same(got, due)
