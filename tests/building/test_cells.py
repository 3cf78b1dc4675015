"""`autograder notebook` gives each cell of a Python file the marks that nbgrader and the kit need."""

import pytest

from autograder.assignment import UsageError
from autograder.building import notebook_of
from tests.building.line_course import autograder

CELLS = """Notes before the first cell.
# %% [markdown]
# # Title
#
# Text.

# %% setup
import numpy as np

# %%
mine = 1


# %% fit
def fit(x):
    ### BEGIN SOLUTION
    return x
    ### END SOLUTION


# %% test_fit 2.5
grader.submit_fit(fit(1))

# %% [markdown] why 5
# ### BEGIN SOLUTION
# Because.
# ### END SOLUTION
"""


def test_each_cell_has_its_kind_its_id_and_its_marks():
    found = []
    for cell in notebook_of(CELLS)["cells"]:
        mark = cell["metadata"].get("nbgrader", {})
        kinds = [kind for kind in ("locked", "solution", "grade") if mark.get(kind)]
        found.append((cell["cell_type"], mark.get("grade_id"), kinds, mark.get("points")))
    assert found == [
        ("markdown", None, [], None),
        ("code", "setup", ["locked"], None),
        ("code", None, [], None),
        ("code", "fit", ["solution"], None),
        ("code", "test_fit", ["locked", "grade"], 2.5),
        ("markdown", "why", ["solution", "grade"], 5),
    ]


def test_text_loses_its_marks_and_code_keeps_its_own():
    cells = notebook_of(CELLS + "# %% more\n# a comment\n")["cells"]
    assert "".join(cells[0]["source"]) == "# Title\n\nText."
    assert "".join(cells[-1]["source"]) == "# a comment"


@pytest.mark.parametrize(
    ("text", "said"),
    [("x = 1\n", "no line begins a cell"), ("# %% a\n# %% two words\n", "line 2, '# %% two words', must be")],
)
def test_a_file_that_cannot_be_understood_is_refused_with_the_line(text, said):
    with pytest.raises(UsageError, match=said):
        notebook_of(text)


def test_the_command_says_in_one_sentence_what_it_cannot_read_or_write(tmp_path):
    (tmp_path / "cells.py").write_text(CELLS)
    for arguments, said in [
        (("missing.py", "a.ipynb"), "missing.py can't be read: No such file or directory."),
        (("cells.py", "no/a.ipynb"), "there is no folder no: correct the name, or make it."),
    ]:
        refused = autograder(tmp_path, "notebook", *arguments)
        assert refused.returncode == 2
        assert said in refused.stderr
        assert len(refused.stderr.strip().splitlines()) == 1
