"""Renders the pages that people read. Each page is a single file that fetches nothing."""

from __future__ import annotations

import base64
import functools
import hashlib
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def render(page: str, script: str = "", **values: Any) -> str:
    """Return the text of a page. The template's `values` are escaped. The page may run only this script."""
    style, code = _read_file("page.css"), _read_file(script) if script else ""
    policy = f"default-src 'none'; base-uri 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(code)}"
    common = {"policy": policy, "style": Markup(style), "script": Markup(code)}
    return _environment().get_template(page).render(common | values)


@functools.cache
def _environment() -> Environment:
    """The environment of all pages. It is kept, because compiling a template costs more than filling it."""
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
def _read_file(name: str) -> str:
    return files("autograder.reports.pages").joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """The text's hash, by which the policy allows this style or script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
