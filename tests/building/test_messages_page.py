"""docs/messages.md has each message of `check`, `build` and `prove`, and none that the code does not have."""

import ast
import itertools
import re

from autograder.building.build import _FIRST_CELL as FIRST_CELL
from tests.building.line_course import ROOT

PAGE = (ROOT / "docs" / "messages.md").read_text(encoding="utf-8")
ROOMS = [*(ROOT / "autograder" / "building").glob("*.py"), *(ROOT / "autograder" / "proof").glob("*.py")]
# These speak to others, or make files, pictures and tables.
SPEAK_OF_OTHER_THINGS = {"add_evidence", "demo", "disturb", "calibration_picture", "histograms", "matrix", "trust"}
FILES = [path for path in ROOMS if path.stem not in SPEAK_OF_OTHER_THINGS]
FILES += [ROOT / "autograder" / "assignment" / f"{name}.py" for name in ("policy_file", "policy", "evidence")]
FILES.append(ROOT / "autograder" / "grading" / "spec.py")
PIECES = {  # of longer messages, and texts that nobody reads
    "NaN in place of every number",
    "check, and no value as key.<value>",
    "The answers to a random value have no other wrong ones",
    ", each with the head [[parts]]",
    ", one for each value",
    "a list of tables",
    "…: leave out the quotes",
    "did you mean '…'?",
    "the keys are …",
    "it ends with …: …",
    "code cell …, line …",
    "no check ran",
    "BEGIN HIDDEN TESTS",
    "BEGIN MARK SCHEME",
    "…: correct code, wrong code, tolerance",
    FIRST_CELL,
    "not what build makes",
}
ELSEWHERE = {  # messages of files that say other things too
    "demands.py": "a check uses the numbers of … before `.shape(...)`: demand the shape first",
    "vocabulary.py": "the case '…' has no input '…'",
    "observations.py": "the observation … is …made about its example",
}


def plain(text):
    """The text without what stands at its ends, and with one `…` for several."""
    text = re.sub("(… ?)+", lambda run: "… " if run[0].endswith(" ") else "…", text.split("\n    [")[0])
    return re.sub(r"^[.\s]+|[\s….:]+$", "", text.replace("\\[", "["))


def sentences(path):
    """The texts of a file with three words or more. `…` stands for each value that is filled in."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inner = {part for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    inner |= {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in inner:
            text = node.value
        else:
            continue
        if sum(bool(re.search("[A-Za-z]", word)) for word in text.split()) >= 3 and not re.search(r"\(\?|\\[ds]", text):
            found.add(plain(text))
    return found - {""}


ROWS = [plain(row.replace("\\|", "|")) for row in re.findall(r"(?m)^\| (.*?) \| .* \|$", PAGE)]
ON_PAGE = {row for row in ROWS if row and row not in ("message", "---")}


def test_each_message_of_the_code_is_on_the_page():
    said = set(itertools.chain.from_iterable(map(sentences, FILES)))
    assert said - set(map(plain, PIECES)) - ON_PAGE == set()


def test_each_message_of_the_page_is_in_the_code():
    places = [*FILES, *(ROOT / "autograder" / "assignment" / name for name in ELSEWHERE)]
    places.append(ROOT / "autograder" / "commands" / "prove.py")
    said = set(itertools.chain.from_iterable(map(sentences, places)))
    assert ON_PAGE - said == set()
    assert {plain(text) for text in ELSEWHERE.values()} <= ON_PAGE
