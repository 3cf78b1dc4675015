"""Where the restarts of training begin, and what training calls."""

from __future__ import annotations

import re

from autograder.assignment import Found, observation

_RANDOM = re.compile(
    r"random|\brng\b|rand\w*\(|choice|permut|shuffle|integers|normal\(|uniform|dirichlet|kmeans", re.IGNORECASE
)


@observation(
    "em",
    pattern=["$G.seed($S)", "$G.default_rng($S)", "$G.RandomState($S)", "seed($S)", "default_rng($S)"],
    says="`{code}` stands inside a loop, so each round draws the same random numbers.",
    seen_in="def train_EM(X):\n    for r in range(9):\n        np.random.seed(42)",
    not_in="def train_EM(X):\n    np.random.seed(42)\n    for r in range(9):\n        np.random.seed(r)",
)
def seed_inside_the_loop(found: Found) -> bool:
    return found["S"].isdigit() and found.is_inside("for_statement", "while_statement")


@observation(
    "em",
    pattern={"kind": "keyword_argument", "regex": r"^(seed|random_state|rng)\s*=\s*\d+$"},
    says="`{code}` stands inside a loop, so each round draws the same random numbers there.",
    seen_in="def train_EM(X):\n    for r in range(9):\n        kmeans2(X, 3, seed=0)",
    not_in="def train_EM(X):\n    for r in range(9):\n        kmeans2(X, 3, seed=r)",
)
def seed_argument_inside_the_loop(found: Found) -> bool:
    return found.is_inside("for_statement", "while_statement")


@observation(
    "em",
    pattern=["for $I in range(restarts):\n    $$$S", "for $I in tqdm(range(restarts), $$$R):\n    $$$S"],
    says="The loop over `restarts` draws no random numbers: they are drawn once, above it.",
    seen_in="def train_EM(X, restarts):\n    mu = np.random.rand(3)\n    for _ in range(restarts):\n        mu = M_step(X, mu)",
    not_in="def train_EM(X, restarts):\n    for _ in range(restarts):\n        mu = np.random.rand(3)",
)
def the_start_is_drawn_once(found: Found) -> bool:
    body = found.node.field("body")
    before = found.plain_text.split("for ")[0]
    if body is None or not _RANDOM.search(before) or _RANDOM.search(body.text()):
        return False
    names = {node.text() for node in body.find_all(kind="identifier")}
    inner = {
        name.text() for one in found.definition.find_all(kind="function_definition") if (name := one.field("name"))
    }
    helpers = (set(found.code.definitions) | inner) - {found.function}
    return found["I"] not in names and not names & helpers and "next(" not in body.text()


@observation(
    "em",
    pattern=[
        "$M = np.random.randn($$$R)",
        "$M = np.random.rand($$$R)",
        "$M = $A * np.random.rand($$$R)",
        "$M = $A * np.random.randn($$$R)",
        "$M = np.random.normal(size=$S)",
        "$M = np.random.uniform(size=$S)",
    ],
    says="`{code}` does not depend on the points, wherever they are.",
    seen_in="def train_EM(X, C, d):\n    mu = np.random.randn(C, d)\n    return E_step(X, mu)",
    not_in="def train_EM(X, C, d):\n    mu = np.random.randn(C, d)\n    mu = X.mean(axis=0) + mu\n    return E_step(X, mu)",
)
def means_far_from_the_points(found: Found) -> bool:
    if not re.fullmatch(r"mus?|means?|m|centers?|centres?|init_mu|mu_?\w*", found["M"]) or re.search(
        r"\bX\b", found.text
    ):
        return False
    # A later binding may bring the points in.
    later = [value.text() for value in found.bindings(found["M"]) if value is not None]
    return not any(re.search(r"\bX\b", text) and "M_step" not in text for text in later)


@observation(
    "em",
    pattern=[
        "$P = np.random.rand($N)",
        "$P = np.random.random($N)",
        "$P = np.random.uniform(size=$N)",
        "$P = np.random.randn($N)",
    ],
    says="`{code}`: these weights do not sum to one, and nothing divides them by their sum.",
    seen_in="def train_EM(X, C):\n    pi = np.random.rand(C)\n    return E_step(X, pi)",
    not_in="def train_EM(X, C):\n    pi = np.random.rand(C)\n    pi /= pi.sum()\n    return E_step(X, pi)",
)
def weights_not_normalised(found: Found) -> bool:
    name = found["P"]
    if not re.fullmatch(r"pis?|w|weights?|pi_?\w*", name):
        return False
    return re.search(rf"\b{name}\b\s*/|sum\(\s*{name}\b|{name}\.sum|norm", found.definition.text()) is None


@observation(
    "em",
    pattern=["$X + $X.T", "$X + $X.transpose($$$R)", "$X + np.transpose($X, $$$R)"],
    says="`{code}` is symmetric, but in general it is not positive definite.",
    seen_in="def train_EM(X):\n    A = np.random.rand(3, 2, 2)\n    return E_step(X, A + A.transpose(0, 2, 1))",
    not_in="def train_EM(X):\n    A = np.random.rand(3, 2, 2)\n    return E_step(X, A @ A.transpose(0, 2, 1))",
)
def indefinite_start(found: Found) -> bool:
    values = [value.text() for value in found.bindings(found["X"]) if value is not None]
    return any(_RANDOM.search(text) and "@" not in text and "dot" not in text for text in values)


@observation(
    "em",
    pattern={"kind": "function_definition"},
    says="{function} calls neither E_step nor M_step.",
    seen_in="def train_EM(X):\n    return GaussianMixture(3).fit(X)",
    not_in="def train_EM(X):\n    return M_step(X, E_step(X))",
)
def own_steps_not_called(found: Found) -> bool:
    own = found.node.field("name")
    used = set().union(*(found.code.free_names(name) for name in found.code.definitions))
    is_own = own is not None and own.text() == found.code.function == found.function
    return is_own and "return" in found.text and not used & {"E_step", "M_step"}


@observation(
    "em",
    pattern={"kind": "function_definition"},
    says="{function} has no `try`, so an error in one restart ends all of them.",
    seen_in="def train_EM(X, restarts):\n    for r in range(restarts):\n        gamma = E_step(X)\n    return gamma",
    not_in="def train_EM(X, restarts):\n    for r in range(restarts):\n        try:\n            E_step(X)\n        except LinAlgError:\n            pass",
)
def no_error_is_caught(found: Found) -> bool:
    own = found.node.field("name")
    is_own = own is not None and own.text() == found.code.function == found.function
    return is_own and "E_step" in found.text and not re.search(r"\btry\b|suppress|errstate", found.code.text)
