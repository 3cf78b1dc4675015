"""The zip of feedback has the names of Canvas' own download, because Canvas finds the students by them."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

from autograder.grading import Result
from autograder.reports import FORMATS, Book
from tests.submissions import exports
from tests.submissions.exports import STUDENTS

Make = Callable[..., Book]


def test_canvas_gets_feedback_under_the_names_of_its_own_download(
    tmp_path: Path, book: Make, class_of_five: list[Result]
) -> None:
    rows, names = [], []
    for i, (student, result) in enumerate(zip(STUDENTS, class_of_five, strict=False)):
        names.append(exports.canvas(student, 9000 + i, "em_gmm-1.ipynb", late=i == 1))
        said = {"name": "canvas", "id": str(student.number), "student": "x", "file": names[-1]}
        rows.append(Result({**result, "student": student.login, "platform": said}))
    raw = dict(FORMATS["canvas"](book(rows)))["canvas-feedback.zip"]
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        assert sorted(archive.namelist()) == sorted(names[:3] + names[4:])  # the fourth met an error of ours
        for i, name in enumerate(names):
            if name in archive.namelist():
                numbers = [part for part in name.split("_") if re.fullmatch(r"\d+", part)][:2]  # as Canvas does
                assert numbers == [str(STUDENTS[i].number), str(9000 + i)]
                cells = json.loads(archive.read(name))["cells"]
                assert f"**{rows[i]['score']:g} of 100 points**" in cells[0]["source"]
        assert "Divide by N&#95;c" in archive.read(names[1]).decode()
        assert "<script>" not in archive.read(names[4]).decode()
    assert "canvas-feedback.zip" not in dict(FORMATS["canvas"](book(class_of_five)))
