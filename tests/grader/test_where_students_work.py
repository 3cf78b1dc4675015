"""The local grader where students work: docs/where-students-work.md, each place with the cells that the page gives."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.docs.pages import blocks
from tests.grader.stub_service import TOKEN, Service, reply

PAGE = (ROOT / "docs/where-students-work.md").read_text(encoding="utf-8")
START = "from grader import Grader\ngrader = Grader()"
ANSWER = "grader.submit_VLB(-1000)"
SUBMIT = "grader.submit('ada@example.org', '')"
SAID = "loss is off by"


def cell_of(section: str) -> str:
    """The first cell to paste of this section of the page."""
    text = re.search(rf"(?ms)^## {section}\n(.*?)(?=^## |\Z)", PAGE)
    assert text, section
    return next(block for kind, _, block in blocks(text[1]) if kind == "python")


@pytest.fixture
def handout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a student unpacks, with the grader of now. The student's Python finds no other grader."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    shutil.copytree(ROOT / "release" / "em_gmm", tmp_path / "em_gmm")
    shutil.copytree(ROOT / "grader", tmp_path / "em_gmm" / "grader", dirs_exist_ok=True)
    return tmp_path / "em_gmm"


def run_cells(folder: Path, *sources: str) -> list[Any]:
    """Run cells in a kernel, as VS Code, Colab, Deepnote and nbclient do. Return their outputs."""
    nbclient, nbformat, _ = map(pytest.importorskip, ("nbclient", "nbformat", "ipykernel"))
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute(cwd=str(folder))
    return [cell.outputs for cell in notebook.cells]


def shown(outputs: list[Any]) -> str:
    return " ".join(output["data"]["text/html"] for output in outputs if output.output_type == "display_data")


def test_in_colab_the_cell_finds_the_folder_in_drive_and_the_notebook_there(handout: Path) -> None:
    """`google.colab` stands in for Colab's own. Drive is a folder of this test in place of /content/drive."""
    elsewhere = handout.parent / "content"
    package = elsewhere / "google" / "colab"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "drive.py").write_text("def mount(place): print('Mounted at', place)\n")
    paste = cell_of("Colab").replace("/content/drive/MyDrive", str(handout.parent))
    assert str(handout) in paste
    outputs = run_cells(elsewhere, paste, START, ANSWER, SUBMIT)
    assert SAID in shown(outputs[2])
    assert f"Your submission is in {handout}/em_gmm-submission.json" in shown(outputs[3])
    written = json.loads((handout / "em_gmm-submission.json").read_text())
    assert written["notebook"]["name"] == "em_gmm.ipynb"


def test_the_submission_says_what_was_run_and_is_not_in_the_saved_notebook(handout: Path) -> None:
    """As in Deepnote, in Colab without Drive, and wherever a student did not save."""
    notebook = json.loads((handout / "em_gmm.ipynb").read_text())
    saved = next("".join(cell["source"]) for cell in notebook["cells"] if "def E_step(" in "".join(cell["source"]))
    new = "def M_step(X, gamma):\n    return 1\n"
    named = cell_of("Deepnote").replace("%pip install", "%pip --version #")
    laid_out_differently = f"# tried twice\n{saved.replace('def E_step(', 'def  E_step( ')}  \n"
    deleted = "def try_out(a):\n    return a"
    outputs = run_cells(handout, named, START, laid_out_differently, deleted, new, ANSWER, SUBMIT)
    first, found, rest = shown(outputs[-1]).partition(
        "em_gmm.ipynb on the disk does not have what you ran last in the cell of M_step: run the cell as it is now, "
    )
    assert found
    assert "hand in this file" not in first
    assert "hand in this file" in rest
    notebook["cells"].append({"cell_type": "code", "source": new.splitlines(True), "metadata": {}, "outputs": []})
    (handout / "final.ipynb").write_text(json.dumps(notebook))
    call = SUBMIT.replace(")", ", notebook='final.ipynb')")
    outputs = run_cells(handout, START, saved, "def M_step(): ...", new, ANSWER, call)
    assert "It has final.ipynb as last saved" in shown(outputs[-1])
    assert "what you ran" not in shown(outputs[-1])


def test_a_helper_that_only_the_saved_code_calls_is_missed_and_work_elsewhere_is_noticed(handout: Path) -> None:
    notebook = json.loads((handout / "em_gmm.ipynb").read_text())
    caller = "def E_step(X):\n    return helper(X)"
    notebook["cells"].append({"cell_type": "code", "source": caller, "metadata": {}, "outputs": []})
    (handout / "em_gmm.ipynb").write_text(json.dumps(notebook))
    outputs = run_cells(handout, START, SUBMIT, "def helper(X):\n    return X", caller, SUBMIT)
    assert "Nothing shows that what you ran here is in em_gmm.ipynb" in shown(outputs[1])
    assert "does not have what you ran last in the cell of helper" in shown(outputs[-1])
    assert "Nothing shows" not in shown(outputs[-1])


SHELL = """
import IPython, sys
from IPython.core.interactiveshell import InteractiveShell
{kind}
shell = Shell.instance()
from grader import Grader
grader = Grader()
{answer}
"""


@pytest.mark.parametrize(
    ("kind", "html"),
    [
        pytest.param(
            "from IPython.terminal.interactiveshell import TerminalInteractiveShell as Shell", False, id="ipython"
        ),
        # A notebook whose shell has no kernel, as in a browser: it shows whatever it is given.
        pytest.param(
            "class Shell(InteractiveShell): pass\n"
            "from IPython.core.displaypub import DisplayPublisher\n"
            "DisplayPublisher.publish = lambda self, data, *args, **more: print(data['text/html'])",
            True,
            id="no kernel",
        ),
    ],
)
def test_a_shell_without_a_kernel_shows_what_it_can(handout: Path, kind: str, html: bool) -> None:
    done = python(handout, SHELL.format(kind=kind, answer=ANSWER))
    assert done.stderr == ""
    assert SAID in done.stdout
    assert ("<div" in done.stdout) is html


def python(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "IPYTHONDIR": str(folder.parent)}
    words = [sys.executable, "-c", code]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, env=environment)


# The Python of a browser. NumPy comes first, because its own imports are not the grader's. What is asked for later
# than this is refused: modules that need threads, sockets or processes, a thread, and a file to write.
BROWSER = """
import builtins, io, os, sys, threading, zipfile
import numpy as np
GONE = ("socket", "_socket", "ssl", "_ssl", "subprocess", "_posixsubprocess", "multiprocessing", "_multiprocessing",
        "concurrent", "asyncio", "select", "selectors", "signal", "ctypes", "http", "urllib.request")
for name in list(sys.modules):
    if name.partition(".")[0] in GONE or name in GONE:
        del sys.modules[name]
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in GONE or name in GONE:
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)
sys.meta_path.insert(0, Refuse())
def start(self): raise RuntimeError("can't start new thread")
threading.Thread.start = start
real = io.open
def reading_only(file, mode="r", *args, **more):
    if set(mode) & set("wax+"):
        raise PermissionError("no file can be written here")
    return real(file, mode, *args, **more)
builtins.open = io.open = reading_only
os.open = os.mkdir = os.fork = None
"""


ALL_RIGHT = """
for submit in grader._key.submits:
    print(getattr(grader, submit.method)(*[grader._key.values[v].expected for v in submit.values]))
"""


def test_in_a_browser_the_grader_needs_no_thread_no_socket_and_no_file(handout: Path) -> None:
    done = python(handout, f"{BROWSER}\n{START}\n{ALL_RIGHT}\ngrader.status()\n{ANSWER}")
    assert done.stderr == ""
    assert re.findall(r"(?m)^[\d.]+$", done.stdout) == ["20.0", "40.0", "20.0", "20.0"]
    assert "100 of 100" in done.stdout
    assert SAID in done.stdout


def test_in_a_browser_without_files_the_student_is_told_to_hand_in_the_notebook(handout: Path) -> None:
    to_service = "grader.submit('ada@example.org', 'token', endpoint='https://course.example.org/')"
    done = python(handout, f"{BROWSER}\n{START}\n{ANSWER}\n{SUBMIT}\n{to_service}")
    assert done.stderr == ""
    why = "em_gmm-submission.json cannot be written (PermissionError)"
    assert done.stdout.count(f"{why}: save the notebook, and hand in the notebook itself.") == 2
    assert "Nothing was sent: this Python can't send anything" in done.stdout


def test_a_folder_that_cannot_be_written_does_not_stop_what_can_be_sent(
    served: Callable[..., Service], handout: Path
) -> None:
    service = served(reply(201))
    (handout / "em_gmm-submission.json").mkdir()  # a folder in its place: fails for root too
    call = f"grader.submit('ada@example.org', {TOKEN!r}, endpoint={service.url!r})"
    done = python(handout, f"{START}\n{ANSWER}\n{call}")
    assert (done.stderr, "Accepted" in done.stdout) == ("", True)
