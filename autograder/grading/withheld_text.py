"""Withholds the text of an exception that a call on hidden data raised, unless the text is known to be harmless.

The text comes out of the sandbox. The student's code may have put numbers of a hidden case into it, or letters that
stand for numbers. The text is shown if it is a sentence of Python, NumPy or SciPy, or if it stands in quotes in the
student's own cells. Then it says nothing that the student did not know before the call.
"""

from __future__ import annotations

import builtins
import functools
import re
import types
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

_LONGEST = 200
_READ = 1 << 20  # letters of the cells that are searched for names
_GAP = "\N{HORIZONTAL ELLIPSIS}"
# Sentences of Python, NumPy and SciPy. `~` stands for a name, `#` for a whole number, `$` for a shape.
_SENTENCES = """
division by zero
float division by zero
integer division or modulo by zero
integer modulo by zero
math domain error
math range error
list index out of range
tuple index out of range
string index out of range
list assignment index out of range
pop from empty list
max() arg is an empty sequence
min() arg is an empty sequence
max() iterable argument is empty
min() iterable argument is empty
name '~' is not defined
name '~' is not defined. Did you mean: '~'?
No module named '~'
No module named '~'; '~' is not a package
import of ~ halted; None in sys.modules
cannot import name '~' from '~'
cannot access local variable '~' where it is not associated with a value
cannot access free variable '~' where it is not associated with a value in enclosing scope
'~' object is not callable
'~' object is not iterable
'~' object is not subscriptable
'~' object does not support item assignment
'~' object cannot be interpreted as an integer
'~' object has no attribute '~'
'~' object has no attribute '~'. Did you mean: '~'?
type object '~' has no attribute '~'
module '~' has no attribute '~'
module '~' has no attribute '~'.
module '~' has no attribute '~'. Did you mean: '~'?
'~' is not a known attribute of module '~'
`~` was removed in the NumPy 2.0 release. Use `~` instead.
cannot unpack non-iterable ~ object
cannot convert float NaN to integer
cannot convert float infinity to integer
object of type '~' has no len()
len() of unsized object
bad operand type for unary -: '~'
bad operand type for abs(): '~'
unhashable type: '~'
must be real number, not ~
list indices must be integers or slices, not ~
tuple indices must be integers or slices, not ~
can't multiply sequence by non-int of type '~'
can only concatenate list (not "~") to list
can only concatenate str (not "~") to str
can only concatenate tuple (not "~") to tuple
not enough values to unpack (expected #, got #)
too many values to unpack (expected #)
too many values to unpack (expected #, got #)
~() missing # required positional argument: '~'
~() missing # required positional arguments: '~' and '~'
~() missing # required positional arguments: '~', '~', and '~'
~() takes # positional argument but # were given
~() takes # positional arguments but # was given
~() takes # positional arguments but # were given
~() takes from # to # positional arguments but # were given
~() takes no arguments
~() got an unexpected keyword argument '~'
~() got multiple values for argument '~'
can only convert an array of size 1 to a Python scalar
only integer scalar arrays can be converted to a scalar index
only length-1 arrays can be converted to Python scalars
only size-1 arrays can be converted to Python scalars
only 0-dimensional arrays can be converted to Python scalars
only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or boolean arrays are valid indices
arrays used as indices must be of integer (or boolean) type
invalid index to scalar variable.
iteration over a 0-d array
setting an array element with a sequence.
setting an array element with a sequence. The requested array has an inhomogeneous shape after # dimensions. \
The detected shape was $ + inhomogeneous part.
The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()
The truth value of an empty array is ambiguous. Use `array.size > 0` to check that an array is not empty.
assignment destination is read-only
output array is read-only
operands could not be broadcast together with shapes $
operands could not be broadcast together with shapes $ $
operands could not be broadcast together with shapes $ $ $
non-broadcastable output operand with shape $ doesn't match the broadcast shape $
shape mismatch: objects cannot be broadcast to a single shape
could not broadcast input array from shape $ into shape $
cannot reshape array of size # into shape $
shapes $ and $ not aligned: # (dim #) != # (dim #)
axis # is out of bounds for array of dimension #
index # is out of bounds for axis # with size #
index # is out of bounds for size #
too many indices for array: array is #-dimensional, but # were indexed
axes don't match array
cannot select an axis to squeeze out which has size not equal to one
all the input arrays must have same number of dimensions, but the array at index # has # dimension(s) and the array at \
index # has # dimension(s)
all the input array dimensions except for the concatenation axis must match exactly, but along dimension #, the array \
at index # has size # and the array at index # has size #
all input arrays must have the same shape
need at least one array to concatenate
need at least one array to stack
boolean index did not match indexed array along axis #; size of axis is # but size of corresponding boolean axis is #
shape mismatch: indexing arrays could not be broadcast together with shapes $ $
matmul: Input operand # has a mismatch in its core dimension #, with gufunc signature (n?,k),(k,m?)->(n?,m?) \
(size # is different from #)
matmul: Input operand # does not have enough dimensions (has #, gufunc core with signature (n?,k),(k,m?)->(n?,m?) \
requires #)
inv: Input operand # has a mismatch in its core dimension #, with gufunc signature (m,m)->(m,m) \
(size # is different from #)
solve: Input operand # has a mismatch in its core dimension #, with gufunc signature (m,m),(m,n)->(m,n) \
(size # is different from #)
einstein sum subscripts string contains too many subscripts for operand #
operand has more dimensions than subscripts given in einstein sum, but no '...' ellipsis provided to broadcast the \
extra dimensions.
zero-size array to reduction operation ~ which has no identity
attempt to get argmax of an empty sequence
attempt to get argmin of an empty sequence
Singular matrix
singular matrix
Matrix is not positive definite
SVD did not converge
Eigenvalues did not converge
Array must not contain infs or NaNs
array must not contain infs or NaNs
Last 2 dimensions of the array must be square
#-dimensional array given. Array must be at least two-dimensional
#-dimensional array given. Array must be two-dimensional
#-th leading minor of the array is not positive definite
The input matrix must be symmetric positive semidefinite.
the input matrix must be positive semidefinite
When `allow_singular is False`, the input matrix must be symmetric positive definite.
Array 'mean' must be a vector of length #.
Array 'cov' must be square if it is two dimensional, but cov.shape = $.
probabilities do not sum to 1
probabilities contain NaN
'a' and 'p' must have same size
Probabilities do not sum to 1. See Notes section of docstring for more information.
Cannot take a larger sample than population when 'replace=False'
Cannot take a larger sample than population when replace is False
Cannot cast ufunc '~' output from dtype('~') to dtype('~') with casting rule 'same_kind'
unsupported operand type(s) for +: '~' and '~'
unsupported operand type(s) for -: '~' and '~'
unsupported operand type(s) for *: '~' and '~'
unsupported operand type(s) for /: '~' and '~'
unsupported operand type(s) for @: '~' and '~'
unsupported operand type(s) for ** or pow(): '~' and '~'
'<' not supported between instances of '~' and '~'
'>' not supported between instances of '~' and '~'
maximum recursion depth exceeded
'~'
#
[Errno 2] No such file or directory: '~'
[Errno 11] Resource temporarily unavailable
[Errno 27] File too large
[Errno 28] No space left on device
can't start new thread
out of processor time
[Errno 13] Permission denied: '~'
I/O operation on closed file.
"""
_HOLES = {"~": r"[\w.<>]{1,80}", "#": r"-?\d{1,9}", "$": r"\((?:\d{1,9}(?:, ?\d{1,9}){0,3},?)?\)"}
_PATTERNS = tuple(
    re.compile(
        "".join(f"({_HOLES[part]})" if part in _HOLES else re.escape(part) for part in re.split("([~#$])", line))
    )
    for line in _SENTENCES.strip().splitlines()
)
_NAMES = frozenset([*dir(builtins), *dir(types), *dir(np), *dir(np.ndarray), "numpy", "<locals>", "<lambda>"]).union(
    ("NoneType", "ellipsis", "builtin_function_or_method", "ufunc", "generator", "function", "method", "module"),
    ("list_iterator", "tuple_iterator", "range_iterator", "dict_keys", "dict_values", "dict_items"),
    ("LinAlgError", "AxisError", "UFuncTypeError", "UFuncNoLoopError", "_ArrayMemoryError", "_UFuncOutputCastingError"),
    ("_UFuncInputCastingError", "JSONDecodeError", "BdbQuit", "DataFrame", "Series", "Tensor"),
)
_SMALL = frozenset("0123456789")  # axes, positions, and how many arguments there are


def without_case_data(failure: Mapping[str, Any], arguments: Sequence[Any], cells: Sequence[str]) -> dict[str, Any]:
    """Return what may be shown of a failure in a call with these arguments of a function that these cells define."""
    sizes = {str(length) for argument in arguments for length in np.shape(argument)}
    kind = str(failure["type"])[:80]
    cell, line = failure.get("cell"), failure.get("line")
    place: dict[str, Any] = {}
    if type(cell) is int and type(line) is int and 0 <= cell < len(cells) and line <= cells[cell].count("\n") + 1:
        place = {"cell": cell, "line": line}
    text = _safe_text(str(failure["text"]), sizes, cells)
    return {"type": kind if is_known_name(kind, cells) else "an exception", "text": text, **place}


def is_known_name(name: str, cells: Sequence[str]) -> bool:
    """Whether a name is known from Python or NumPy, or stands in the cells.

    A name made of many known words could spell hidden data. Therefore at most three of Python's words may be joined.
    """
    parts = name.split(".", 3)
    return len(name) <= 80 and (name in _words(tuple(cells)) or (len(parts) <= 3 and _NAMES.issuperset(parts)))


def _safe_text(text: str, sizes: set[str], cells: Sequence[str]) -> str:
    line = next(iter(text.strip().splitlines()), "").strip()
    if not line:
        return ""
    for pattern in _PATTERNS:
        if found := pattern.fullmatch(line):
            return _safe_sentence(found, sizes, cells)
    escaped = line.encode("unicode_escape").decode("ascii")  # as the cell may spell it
    quoted = [f"{quote}{form}{quote}" for quote in "'\"" for form in (line, escaped)]
    if len(line) <= _LONGEST and any(form in cell for form in quoted for cell in cells):
        return line
    return "(its text is kept back, because it may hold data of the case)"


def _safe_sentence(found: re.Match[str], sizes: set[str], cells: Sequence[str]) -> str:
    """Return the sentence. Names and numbers that could tell what the arguments hold are replaced."""
    text, end = "", 0
    for group, word in enumerate(found.groups(), 1):
        text += found.string[end : found.start(group)] + _safe_word(word, sizes, cells)
        end = found.end(group)
    return text + found.string[end:]


def _safe_word(word: str, sizes: set[str], cells: Sequence[str]) -> str:
    if re.fullmatch(r"[-\d(), ]+", word, re.ASCII):
        return re.sub(r"\d+", lambda n: n[0] if n[0] in sizes | _SMALL else _GAP, word)
    return word if is_known_name(word, cells) else _GAP


@functools.lru_cache(maxsize=1)  # one submission is graded at a time, and it may need thousands of names
def _words(cells: tuple[str, ...]) -> frozenset[str]:
    """Return the words of the cells, and the words that dots join."""
    text = "\n".join(cells)[:_READ]
    found = re.finditer(r"\w+", text), re.finditer(r"[\w.]+", text)
    return frozenset(word[0] for words in found for word in words if word.end() - word.start() <= 80)
