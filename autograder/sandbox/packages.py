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
    "tqdm": ("tqdm",),
    "tqdm.auto": ("tqdm.*auto",),  # these bring the widgets of Jupyter
    "tqdm.notebook": ("tqdm.*notebook",),
    "joblib": ("joblib|sklearn",),
}


def modules_named(texts: Iterable[str], packages: Sequence[str]) -> list[str]:
    """The slow modules, and those of these packages, that texts of code may import."""
    code = "\n".join(texts)
    known = _SLOW | {module: (module,) for module in modules_of(packages)}
    return [module for module, patterns in known.items() if all(re.search(pattern, code) for pattern in patterns)]


def modules_of(packages: Sequence[str]) -> list[str]:
    """The modules that these packages bring, by which they are imported: `sklearn` for scikit-learn."""
    return [module for package in packages for module in _modules_of(package)]


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
def _modules_of(package: str) -> list[str]:
    """Only this package's files are read. To read those of all that are installed takes half a second."""
    try:
        installed = metadata.distribution(package)
    except metadata.PackageNotFoundError:
        return [package.replace("-", "_")]
    declared = (installed.read_text("top_level.txt") or "").split()
    files = [file for file in installed.files or () if file.suffix in (".py", ".so", ".pyd")]
    modules = declared or {file.parts[0] if len(file.parts) > 1 else file.name.partition(".")[0] for file in files}
    found = sorted(module for module in modules if module.isidentifier() and not module.startswith("_"))
    return found or [package.replace("-", "_")]
