"""docs/reference.md says what the code takes."""

import dataclasses
import inspect
import re

import pytest

from autograder.assignment import (
    Case,
    Observation,
    alternative,
    check,
    declared_in,
    misconception,
    wrong_about_examples,
)
from tests.building.line_course import ROOT

PAGE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")


def section(title):
    return re.search(rf"(?ms)^## {title}\n(.*?)(?=^## |\Z)", PAGE)[1]


def names_in(text):
    """What the first cells of tables name: `name` or `name(…)`."""
    return re.findall(r"(?m)^\| `(\w+)(?:\(.*?\))?` \|", text)


@pytest.mark.parametrize("decorator", [check, alternative, misconception])
def test_each_argument_of_a_decorator_is_in_its_table(decorator):
    assert sorted(names_in(section(f"@{decorator.__name__}"))) == sorted(inspect.signature(decorator).parameters)


def test_the_functions_of_cases_are_those_that_the_kit_calls_and_a_case_has_what_its_table_says():
    named = names_in(section(r"cases\.py"))
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "autograder").rglob("*.py"))
    called = set(re.findall(r"assignment\.cases\.(\w+)", code)) - {"__file__"}
    of_case = {field.name for field in dataclasses.fields(Case) if not field.name.startswith("_")} - {"name", "inputs"}
    of_case |= {name for name in vars(Case) if inspect.isfunction(getattr(Case, name)) and not name.startswith("_")}
    assert set(named) == called | of_case | {"Case"}


def test_the_examples_are_what_they_say(tmp_path, monkeypatch):
    code = "\n".join(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
    (tmp_path / "examples_of_the_page.py").write_text(f"from autograder.assignment import misconception\n{code}")
    monkeypatch.syspath_prepend(tmp_path)
    import examples_of_the_page

    observations = declared_in(examples_of_the_page, Observation)
    assert len(observations) == 1
    assert wrong_about_examples(observations) == []
