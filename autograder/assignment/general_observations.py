"""Observations on the code of every part of every assignment."""

from __future__ import annotations

import builtins
import difflib
import re
import warnings

import numpy as np

from autograder.assignment.observations import Found, observation

_IPYTHON = {"display", "get_ipython", "exit", "quit", "__file__", "__name__", "_"}
# With one of these, a name may be defined where no syntax tree shows it.
_DEFINES_NAMES = re.compile(r"\bexec\b|\beval\b|\bglobals\b|%(pylab|run|load|store)|\bsetattr\b")


@observation(
    pattern={"kind": "identifier"},
    says="{function} reads the notebook's variable {code}, which is not one of its arguments.",
    seen_in="mu0 = load()\ndef f(X, gamma):\n    return X - mu0",
    not_in="mu0 = load()\ndef f(X, mu0):\n    return X - mu0",
)
def reads_a_variable_of_the_notebook(found: Found) -> bool:
    values = found.code.bound.get(found.text)
    if not values or found.text not in found.code.free_names(found.function) or found.text in found.code.imports:
        return False
    parent = found.node.parent()
    if parent is not None and parent.kind() == "call" and parent.child(0) == found.node:
        return False  # a function under another name
    # A constant, a generator of random numbers and the like are no data.
    return not any(
        value is not None
        and (
            value.kind() in ("integer", "float", "lambda", "attribute", "string", "true", "false", "none")
            or value.find(kind="identifier") is None
            or value.matches(regex=r"^np\.(log|sqrt|finfo|pi)\b|default_rng|RandomState|[dD]evice|dtype")
        )
        for value in values
    )


@observation(
    pattern={"kind": "identifier"},
    says="{function} uses the name {code}, which no cell of the notebook defines.",
    seen_in="def f(x):\n    previous = 1\n    return x - previuos",
    not_in="def f(x):\n    previous = 1\n    return x - previous",
)
def uses_an_undefined_name(found: Found) -> bool:
    code, name = found.code, found.text
    if code.imports_everything or name in code.known_names or name in _IPYTHON or hasattr(builtins, name):
        return False
    return name in code.free_names(found.function) and not _DEFINES_NAMES.search(code.all_text)


@observation(
    pattern={"kind": "except_clause"},
    says="`{head}` also catches the error of a misspelt name, and hides it.",
    seen_in="def f(x):\n    try:\n        return g(x)\n    except Exception:\n        return 0",
    not_in="def f(x):\n    try:\n        return g(x)\n    except ValueError:\n        return 0",
)
def every_error_is_hidden(found: Found) -> bool:
    head, _, body = found.text.partition(":")
    everything = re.fullmatch(r"except(\s*\(?.*\b(Base)?Exception\b.*)?", head.strip(), re.DOTALL)
    alias = re.search(r"\bas\s+(\w+)", head)
    return (
        bool(everything) and not re.search(r"\braise\b|traceback|exc_info", body) and not (alias and alias[1] in body)
    )


@observation(
    pattern=["$X == np.nan", "$X == math.nan", "$X == numpy.nan", "$X == float('nan')", '$X == float("nan")'],
    says="`{code}` is never true, not even if {X} is NaN. Use `np.isnan`.",
    seen_in="def f(loss):\n    return loss == np.nan",
    not_in="def f(loss):\n    return loss == np.inf",
)
def comparison_with_nan(found: Found) -> bool:
    return True


@observation(
    pattern=["$X != np.nan", "$X != math.nan", "$X != numpy.nan", "$X != float('nan')", '$X != float("nan")'],
    says="`{code}` is always true, even if {X} is NaN. Use `np.isnan`.",
    seen_in="def f(loss):\n    return loss != np.nan",
    not_in="def f(loss):\n    return loss != loss",
)
def unequal_to_nan(found: Found) -> bool:
    return True


@observation(
    pattern=["$X is np.nan", "$X is math.nan", "$X is not np.nan", "$X is not math.nan"],
    says="`{code}` asks for one particular object, and a NaN that was computed is another object. Use `np.isnan`.",
    seen_in="def f(loss):\n    return loss is np.nan",
    not_in="def f(loss):\n    return loss is None",
)
def identity_with_nan(found: Found) -> bool:
    return True


@observation(
    pattern=["np.$N", "numpy.$N"],
    says="NumPy does not have `{code}` (any more).",
    seen_in="import numpy as np\ndef f(x):\n    return np.zeros(3, dtype=np.float)",
    not_in="import numpy as np\ndef f(x):\n    return np.zeros(3, dtype=np.float64)",
)
def removed_from_numpy(found: Found) -> bool:
    name = found.text.split(".")[0]
    imported = found.code.imports.get(name)
    if imported is None or not imported.text().startswith("import numpy") or name in found.code.bound:
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return not hasattr(np, found["N"])


@observation(
    pattern={"kind": "return_statement"},
    says="`{code}` stands inside a loop and under no condition, so the loop ends there in its first round.",
    seen_in="def f(xs):\n    for x in xs:\n        y = x + 1\n        return y",
    not_in="def f(xs):\n    for x in xs:\n        if x:\n            return x",
)
def returns_inside_the_loop(found: Found) -> bool:
    for node in found.ancestors():
        if node.kind() in ("for_statement", "while_statement"):
            return node.find(kind="continue_statement") is None
        if node.kind() not in ("block", "with_statement"):
            return False
    return False


@observation(
    pattern={"kind": "identifier", "inside": {"kind": "parameters", "stopBy": {"kind": "block"}}},
    says="{function} never uses its argument {code}.",
    seen_in="def f(X, gamma=None):\n    return X.sum()",
    not_in="def f(X, gamma=None):\n    return X[gamma].sum()",
)
def an_argument_is_never_used(found: Found) -> bool:
    if not _is_own_parameter(found, found.text) or re.search(r"\b(locals|vars|eval|exec)\b", found.definition.text()):
        return False
    read = [name for name in found.code.arguments if found.code.is_read(name)]
    return bool(read) and found.text not in read  # a function that reads nothing is not written yet


@observation(
    pattern="$A = $X",
    says="`{code}` overwrites the argument {A} of {function} before anything reads it.",
    seen_in="def f(X, C):\n    C = 3\n    return X[C]",
    not_in="def f(X, C):\n    C = C + 1\n    return X[C]",
)
def an_argument_is_overwritten(found: Found) -> bool:
    name = found["A"]
    kinds = [node.kind() for node in found.ancestors()]
    if kinds != ["expression_statement", "block"] or not _is_own_parameter(found, name):
        return False
    body = next((node for node in found.ancestors() if node.kind() == "block"), None)
    uses = [node for node in body.find_all(kind="identifier") if node.text() == name] if body else []
    first = min(uses, key=lambda node: node.range().start.index, default=None)
    target, value = found.node.field("left"), found.node.field("right")
    if first is None or target is None or value is None or first.range().start.index != target.range().start.index:
        return False
    return all(node.text() != name for node in [value, *value.find_all(kind="identifier")])


@observation(
    pattern="$A = $X",
    says="{function} assigns {A}, but nothing reads it. Another variable has nearly the same name.",
    seen_in="def f(x):\n    best_sigma = None\n    bestsigma = x + 1\n    return best_sigma",
    not_in="def f(x):\n    best_sigma = None\n    best_sigma = x + 1\n    return best_sigma",
)
def a_misspelt_variable(found: Found) -> bool:
    target = found.node.field("left")
    if target is None or target.kind() != "identifier" or len(found["A"]) < 4:
        return False
    names = [node.text() for node in found.definition.find_all(kind="identifier")]
    others = set(names) - {found["A"]}
    return names.count(found["A"]) == 1 and bool(difflib.get_close_matches(found["A"], others, n=1, cutoff=0.88))


@observation(
    pattern=["$L($X + $A)", "$L($A + $X)"],
    says="You add {A} inside a logarithm: `{code}`.",
    seen_in="def f(p):\n    eps = 1e-10\n    return np.log(p + eps)",
    not_in="def f(p, x):\n    return np.log(p + 1e-300) + np.log(p + x) + g(p + 1e-3)",
)
def constant_inside_a_logarithm(found: Found) -> bool:
    return bool(re.search(r"(^|\.)log(2|10|1p)?$", found["L"])) and found.is_noticeable("A")


@observation(
    pattern=["$Y / ($X + $A)", "$Y / ($A + $X)"],
    says="You add {A} to a denominator: `({X} + {A})`.",
    seen_in="def f(p):\n    return p / (p.sum() + 1e-6)",
    not_in="def f(p):\n    return p / (p.sum() + p)",
)
def constant_in_a_denominator(found: Found) -> bool:
    return found.is_noticeable("A")


@observation(
    pattern=["$G.maximum($X, $A)", "$G.maximum($A, $X)", "$G.clip($X, $A, $$$R)", "$G.clip($A, $$$R)"],
    says="`{code}` raises every smaller value to {A}.",
    seen_in="def f(x):\n    return np.clip(x, -700, 700)",
    not_in="def f(x):\n    return np.maximum(x, x.mean()) + np.maximum(x, 0)",
)
def floor(found: Found) -> bool:
    value = found.constant("A")
    return value is not None and (-1e100 < value < 0 or 0 < value <= 1e-2)


@observation(
    pattern=["$X.float32", '$X.astype("float32")', "$X.astype('float32')", "$X.single", '"float32"'],
    says="You compute with {code}, which keeps about 7 digits.",
    seen_in="def f(x):\n    return x.astype(np.float32)",
    not_in="def f(x):\n    return x.astype(np.float64)",
)
def few_digits(found: Found) -> bool:
    return found["X"] in ("np", "numpy", "torch", "") or "float32" in found.text


@observation(
    pattern=["$X.float16", "$X.half", '$X.astype("float16")', "$X.astype('float16')"],
    says="You compute with {code}, which keeps about 3 digits.",
    seen_in="def f(x):\n    return x.astype(np.float16)",
    not_in="def f(x):\n    return x.astype(np.float32)",
)
def very_few_digits(found: Found) -> bool:
    return found["X"] in ("np", "numpy", "torch", "") or "float16" in found.text


@observation(
    pattern=["range($N)", "range(0, $N)", "range(1, $N)"],
    says="`{code}` ends at {N}, whatever the arguments are.",
    seen_in="def f(x):\n    for i in range(3):\n        pass",
    not_in="def f(x, n):\n    for i in range(n):\n        pass",
)
def fixed_number_of_rounds(found: Found) -> bool:
    number = found.node.find(kind="integer", regex=rf"^{re.escape(found['N'])}$")
    return number is not None and (found.constant("N") or 0) >= 2


@observation(
    pattern=["$G.zeros($$$S)", "$G.ones($$$S)", "$G.empty($$$S)", "$G.full($$$S)", "$G.eye($N)", "$G.identity($N)"],
    says="The shape in `{code}` contains a number, which does not depend on the arguments.",
    seen_in="def f(x, n):\n    return np.zeros((n, 2, 2))",
    not_in="def f(x, n):\n    return np.zeros((n, 1)), np.full(n, 3), np.zeros(n + 2)",
)
def shape_written_as_a_number(found: Found) -> bool:
    arguments = found.node.field("arguments")
    shape = arguments.named_children()[0] if arguments and arguments.named_children() else None
    if shape is None or found["G"] not in ("np", "numpy"):
        return False
    sizes = shape.named_children() if shape.kind() in ("tuple", "list") else [shape]
    return any(size.kind() == "integer" and int(size.text()) >= 2 for size in sizes)


def _is_own_parameter(found: Found, name: str) -> bool:
    """Whether a name is a parameter of the part's function, and the place is in this function and not in one inside."""
    around = next((node for node in found.node.ancestors() if node.kind() in ("function_definition", "lambda")), None)
    own = around.field("name") if around is not None else None
    return own is not None and own.text() == found.code.function == found.function and name in found.code.arguments
