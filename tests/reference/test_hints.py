"""Each hint sends the student to a place that the notebook has."""

import re

import pytest

from autograder.assignment import Misconception, declared_in, load, source_notebook
from tests.conftest import ROOT


@pytest.mark.parametrize("slug", ["em_gmm", "hmm"])
def test_each_hint_names_a_heading_of_the_notebook(slug: str) -> None:
    assignment = load(ROOT, slug)
    cells = source_notebook(assignment)["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    headings = re.findall(r"^#+ (.*)", text, re.MULTILINE)
    named = {mistake.see for mistake in declared_in(assignment.misconceptions, Misconception)}
    assert named
    for see in named:  # such as "Task 1, Trick 2", which is two headings
        for heading in see.split(", "):
            assert any(re.match(rf"{re.escape(heading)}\b", one) for one in headings), see
