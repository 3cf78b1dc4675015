"""The packages that student code may import beside NumPy and SciPy, as an assignment's policy names them."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from importlib import metadata


def modules_of(packages: Sequence[str]) -> list[str]:
    """The modules that these packages bring, by which they are imported: `sklearn` for scikit-learn."""
    found = _modules_by_package()
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
