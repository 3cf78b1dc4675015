"""Pages that people read: templates, and what they have in common. One file each, which fetches nothing."""

from __future__ import annotations

import base64
import functools
import hashlib
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def render(page: str, script: str = "", **values: Any) -> str:
    """A page's text. What `values` hold is escaped; the page may run this script and none else."""
    style, code = _own("page.css"), _own(script) if script else ""
    policy = f"default-src 'none'; base-uri 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(code)}"
    own = {"policy": policy, "style": Markup(style), "script": Markup(code)}
    return _environment().get_template(page).render(own | values)


@functools.cache
def _environment() -> Environment:
    """One for all pages: a class has a thousand, and compiling a template costs more than filling it."""
    environment = Environment(
        loader=PackageLoader("autograder.reports", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["g"] = lambda number: f"{number:g}"
    return environment


@functools.cache
def _own(name: str) -> str:
    return files("autograder.reports.pages").joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """The one style or script that is allowed."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
