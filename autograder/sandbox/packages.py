"""The packages that student code imports: those that an assignment's policy names, and those that notebooks name.

The parent process imports what a notebook names, before it forks the notebook's child. So the time does not count as
the student's, and the next notebooks find it imported. What no notebook names is not imported: it would take a second.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from importlib import metadata

# Modules that take long to import, each with patterns that a notebook contains if it needs the module.
_SLOW = {
    "matplotlib.pyplot": ("matplotlib|pylab|seaborn",),
    "scipy.linalg": ("scipy", "linalg"),
    "scipy.optimize": ("scipy", "optimize"),
    "scipy.special": ("scipy", "special"),
    "scipy.stats": ("scipy", "stats"),
    "tqdm.auto": ("tqdm",),
    "tqdm.notebook": ("tqdm",),
    "joblib": ("joblib|sklearn",),
}


def modules_named(texts: Iterable[str], packages: Sequence[str]) -> list[str]:
    """The slow modules, and those of these packages, that texts of code may import."""
    code = "\n".join(texts)
    known = _SLOW | {module: (module,) for module in modules_of(packages)}
    return [module for module, patterns in known.items() if all(re.search(pattern, code) for pattern in patterns)]


def modules_of(packages: Sequence[str]) -> list[str]:
    """The modules that these packages bring, by which they are imported: `sklearn` for scikit-learn."""
    found = _modules_by_package() if packages else {}  # to look at all that is installed takes 0.2 s
    return [module for package in packages for module in found.get(_plain(package), [package.replace("-", "_")])]


def why_missing(packages: Sequence[str]) -> str:
    """A sentence about packages that are not installed here, or an empty text."""
    missing = []
    for package in packages:
        try:
            metadata.version(package)
        except metadata.PackageNotFoundError:
            missing.append(package)
    if not missing:
        return ""
    names, are = ("names", "is") if len(missing) == 1 else ("name", "are")
    which = f"the policy's `packages` {names} {' and '.join(missing)}"
    return f"{which}, which {are} not installed here: `pip install {' '.join(missing)}`."


@functools.cache
def _modules_by_package() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for module, packages in sorted(metadata.packages_distributions().items()):
        for package in packages:
            if not module.startswith("_") and module.isidentifier():
                found.setdefault(_plain(package), []).append(module)
    return found


def _plain(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()  # as package indexes compare names
