"""How Sphinx makes the site from the pages of this folder: `make docs` writes it to docs/_build/."""

import importlib
import inspect
import re
import textwrap
from importlib.metadata import metadata
from typing import Any

import typer
from typer.cli import get_docs_for_click

from autograder.cli import app as commands

project = "autograder"
author = "The em-autograder developers"
copyright = author
release = metadata("em-autograder")["Version"]

extensions = ["myst_parser"]
exclude_patterns = ["_build"]
html_theme = "pydata_sphinx_theme"
html_theme_options = {"header_links_before_dropdown": 8, "navigation_with_keys": False}
html_title = project
# These stand in no section, so the sidebar of a section's pages would be empty. docs/index.md lists them.
html_sidebars = {page: [] for page in ("index", "students", "instructors", "ci", "changelog")}
html_copy_source = False
html_show_sourcelink = False
myst_heading_anchors = 4  # links to headings, as GitHub has them
myst_disable_syntax = ["html_inline"]  # <slug> is a word here
highlight_language = "text"
smartquotes = False  # two hyphens stay two


def setup(app: Any) -> None:
    """Fill in the pages that are made from the code. Sphinx calls this."""
    app.connect("source-read", _fill_in)


def _fill_in(_: Any, page: str, source: list[str]) -> None:
    if page == "commands":
        source[0] += _all_commands()
    if page == "docstrings":
        source[0] = re.sub(r"(?m)^- `([\w.]+)`$", lambda line: _described(line[1]), source[0])


def _all_commands() -> str:
    """A section for each subcommand of `autograder`, as Typer's own `utils docs` writes it."""
    group: Any = typer.main.get_command(commands)
    context = group.context_class(group, info_name="autograder")
    sections = []
    for name in group.list_commands(context):
        command = group.resolve_command(context, [name])[1]
        inner = command.context_class(command, info_name=name, parent=context)
        sections.append(get_docs_for_click(obj=command, ctx=inner, indent=1, call_prefix="autograder"))
    return re.sub(r"(?m)^Example: (.*)$", r"Example: `\1`", "\n".join(sections))


def _described(path: str) -> str:
    """A section for a function or class, and for the public methods of a class: signature and docstring."""
    module, _, name = path.rpartition(".")
    found = getattr(importlib.import_module(module), name)
    sections = [f"### {name}\n\n{_signature(path, found)}{inspect.getdoc(found)}\n"]
    for method, function in vars(found).items() if inspect.isclass(found) else ():
        if inspect.isfunction(function) and function.__doc__ and not method.startswith("_"):
            sections.append(f"#### {name}.{method}\n\n{_signature(method, function)}{inspect.getdoc(function)}\n")
    return "\n".join(sections)


def _signature(name: str, found: Any) -> str:
    if not inspect.isclass(found):
        shown = textwrap.dedent(inspect.getsource(found).partition('"""')[0].rstrip())
    elif issubclass(found, Exception | dict):
        return ""  # nobody makes these
    else:
        shown = f"{name}({', '.join(inspect.signature(found).parameters)})"
    return f"```python\n{shown}\n```\n\n"
