"""A student reads which checks passed only with right functions in place of the student's own."""

from __future__ import annotations

import re
from collections.abc import Callable

from autograder.grading import Result
from autograder.reports import FORMATS, Book
from tests.reports.conftest import with_failure

SAID = "With correct E_step in place of yours, train_EM passes this. Correct your E_step first."


def test_the_sentence_stands_with_the_checks_that_passed_so(
    book: Callable[..., Book], class_of_five: list[Result]
) -> None:
    part = max(class_of_five[0]["parts"], key=lambda part: len(part["checks"]))
    lost, followed, passed = [check["name"] for check in part["checks"]][:3]
    result = with_failure(class_of_five[0], lost, "With N = 1: the loss is off.", None, None)
    for check in (check for part in result["parts"] for check in part["checks"] if check["name"] == followed):
        check |= {"message": SAID, "followed_through": True}
    [(_, page)] = FORMATS["feedback"](book([result]))
    titles = {check["name"]: check["title"] for check in part["checks"]}
    after = page[page.index(SAID) :]
    so = after[: after.index("</details>")]
    assert page.count(SAID) == 1
    assert re.findall("✓ (.*) [(]", so) == [titles[followed]]
    assert page.index(titles[lost]) < page.index(titles[passed]) < page.index(SAID)
