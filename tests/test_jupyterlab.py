"""What a student sees in JupyterLab, in a browser, after running the released notebook up to Task 1."""

from __future__ import annotations

import http.client
import importlib.util
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from typer.testing import CliRunner

from autograder.cli import app

playwright = pytest.importorskip("playwright.sync_api")

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = "em_gmm.ipynb"
SECONDS = 120  # the limit of each wait; it is long, because the machine may be busy
GREEN, RED = "rgb(46, 158, 91)", "rgb(214, 69, 93)"  # the border of a verdict, as grader/display.py has it


@dataclass(frozen=True)
class Server:
    root: Path
    url: str
    token: str


@pytest.fixture(scope="module")
def server(browser: playwright.BrowserContext, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if importlib.util.find_spec("jupyterlab") is None:
        pytest.skip("no JupyterLab here: install the package `jupyterlab` to run this test")
    home = tmp_path_factory.mktemp("jupyter")
    (home / "root").mkdir()
    settings = home / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)  # without it, JupyterLab shows a question about news above the notebook
    quiet = {"fetchNews": "false", "checkForUpdates": False}
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(quiet))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    options = [
        f"--ServerApp.root_dir={home / 'root'}",
        f"--IdentityProvider.token={token}",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        "--LabApp.extension_manager=readonly",  # the default manager sends requests to PyPI
        "--LanguageServerManager.autodetect=False",  # it runs npm
    ]
    removed_prefixes = (
        "JUPYTER",
        "PYTHON",
        "IPYTHON",
        "MPL",
        "XDG",
    )  # without these variables, all folders are below HOME
    env = {name: value for name, value in os.environ.items() if not name.startswith(removed_prefixes)}
    with (home / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", *options],
            cwd=home,
            env={**env, "HOME": str(home), "JUPYTERLAB_SETTINGS_DIR": str(home / "settings")},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + SECONDS
        while not is_answering(port):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"JupyterLab does not start:\n{(home / 'log').read_text()}")
            time.sleep(0.1)
        yield Server(home / "root", f"http://127.0.0.1:{port}", token)
    finally:
        process.terminate()
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def is_answering(port: int) -> bool:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)) as connection:
        try:
            connection.request("GET", "/api")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False


def cell_number(notebook: dict[str, Any], grade_id: str) -> int:
    return [cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in notebook["cells"]].index(grade_id)


def solution(old: str = "", new: str = "") -> str:
    """The instructor's E-step, but with `new` instead of `old`."""
    source = json.loads((ROOT / "source" / "em_gmm" / NOTEBOOK).read_text(encoding="utf-8"))
    text = re.sub(
        r" *### (BEGIN|END) SOLUTION\n?", "", "".join(source["cells"][cell_number(source, "e_step")]["source"])
    )
    assert old in text
    return text.replace(old, new, 1)


@dataclass(frozen=True)
class Lab:
    """A tab with the released notebook, which has run up to Task 1. The E-step is right at first."""

    page: playwright.Page
    solution: int  # the number of its cell
    test: int
    urls: list[str]

    def cell(self, number: int) -> playwright.Locator:
        return self.page.locator(f".jp-Notebook-cell[data-windowed-list-index='{number}']")

    def run(self, number: int, keys: str = "Control+Enter") -> None:
        """Run the active cell, and wait until it has run. Its count is then another."""
        shown = self.cell(number)
        playwright.expect(shown).to_contain_class("jp-mod-active")
        before = shown.locator(".jp-InputPrompt").inner_text() if shown.locator(".jp-InputPrompt").count() else ""
        self.page.keyboard.press(keys)
        if before:
            playwright.expect(shown.locator(".jp-InputPrompt")).not_to_have_text(before)
            playwright.expect(shown.locator(".jp-InputPrompt")).to_have_text(re.compile(r"^\[\d+\]:$"))

    def run_e_step(self, code: str) -> playwright.Locator:
        """Replace the E-step's code, and run its cell and its test. Returns the test's output."""
        self.cell(self.solution).locator(".cm-content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(code)
        self.run(self.solution, "Shift+Enter")  # goes on to the next cell
        self.run(self.test)
        output = self.cell(self.test).locator(".jp-Cell-outputArea")
        output.locator(".jp-OutputArea-executeResult").wait_for()  # the points appear after the verdict
        assert any(url.startswith("ws:") for url in self.urls)
        assert {urlsplit(url).hostname for url in self.urls if not url.startswith(("data:", "blob:"))} == {"127.0.0.1"}
        assert output.locator("[data-mime-type*=stderr], [data-mime-type*=error]").count() == 0
        return output


@pytest.fixture(scope="module")
def opened(server: Server, browser: playwright.BrowserContext) -> Iterator[Lab]:
    """One tab for all tests, because to load JupyterLab takes most of the time."""
    page, folder = browser.new_page(), "em_gmm"
    copy = server.root / folder
    shutil.copytree(ROOT / "release" / "em_gmm", copy, ignore=shutil.ignore_patterns("__pycache__"))
    notebook = json.loads((copy / NOTEBOOK).read_text(encoding="utf-8"))
    numbers = [cell_number(notebook, name) for name in ("e_step", "test_e_step")]
    notebook["cells"][numbers[0]]["source"] = solution()
    (copy / NOTEBOOK).write_text(json.dumps(notebook), encoding="utf-8")

    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    page.on("websocket", lambda websocket: urls.append(websocket.url))
    page.goto(f"{server.url}/lab/workspaces/{folder}/tree/{folder}/{NOTEBOOK}?token={server.token}")
    # JupyterLab loses a cell that is run before the kernel is ready. Only the status bar shows when it is ready.
    page.locator("#jp-main-statusbar").get_by_text(re.compile(r"\| Idle$")).wait_for()
    page.locator("[data-windowed-list-index='0'] h1").click()
    lab = Lab(page, *numbers, urls)
    for number in range(numbers[1]):
        lab.run(number, "Shift+Enter")
    yield lab
    page.close()


@pytest.fixture
def lab(opened: Lab, tmp_path: Path) -> Iterator[Lab]:
    """The tab. Its last screenshot is saved in `tmp_path`, and in the folder $SCREENSHOTS if that is set."""
    yield opened
    image = tmp_path / "jupyterlab.png"
    opened.page.screenshot(path=image)
    print(f"what the browser shows: {image}")
    if gallery := os.environ.get("SCREENSHOTS"):
        shutil.copy(image, Path(gallery) / f"{tmp_path.name}.png")


def verdict(output: playwright.Locator, border: str) -> str:
    """The text of the verdict, the first box. Checks that it is visible as HTML, with a border of this colour."""
    box = output.locator(".jp-RenderedHTML[data-mime-type='text/html'] > div").first
    box.scroll_into_view_if_needed()
    playwright.expect(box).to_be_in_viewport()
    playwright.expect(box).to_have_css("border-left-color", border)
    return box.inner_text()


def test_a_right_e_step_passes(lab: Lab) -> None:
    output = lab.run_e_step(solution())
    assert verdict(output, GREEN) == "✓ passed · Task 1 (E-step) · 20 of 20 points\ngamma is right."
    assert output.locator(".jp-OutputArea-executeResult pre").inner_text() == "20.0"


def test_a_wrong_e_step_shows_where_and_how_far_it_is_off(lab: Lab) -> None:
    output = lab.run_e_step(solution("return gamma", "return 2 * gamma"))
    head, message = verdict(output, RED).split("\n")
    assert head == "✗ not passed · Task 1 (E-step) · 0 of 20 points"
    gamma = np.load(ROOT / "release" / "em_gmm" / "grader" / "key.npz")["gamma"]
    i, c = np.unravel_index(
        gamma.argmax(), gamma.shape
    )  # all numbers are doubled, so the largest has the largest error
    expected = gamma[i, c]
    assert message.startswith(
        f"gamma is off by {expected:.3g} at [{i}, {c}]: got {2 * expected:.6g}, expected {expected:.6g} ("
    )


def test_a_known_mistake_shows_a_hint(lab: Lab) -> None:
    output = lab.run_e_step(solution("log_joint = log_pi - 0.5", "log_joint = -0.5"))
    head, message, hint = verdict(output, RED).split("\n")
    assert head.startswith("✗ not passed")
    assert re.match(r"gamma is off by 0\.\d+ at \[\d+, \d\]: got ", message)
    assert hint == "Hint: The weights of the components are missing in the numerators. See Task 1."


@pytest.fixture
def service(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The address of a submission service with one student, and the student's personal link."""
    data, roster = tmp_path / "data", tmp_path / "roster.csv"
    roster.write_text("student_id,email\nash,ash@example.org\n")
    common = ["--data", str(data), "--roster", str(roster)]
    with (tmp_path / "log").open("w") as log:
        command = [
            sys.executable,
            "-m",
            "autograder",
            "serve",
            "em_gmm",
            *common,
            "--port",
            "0",
            "--isolation",
            "process",
            "--jobs",
            "1",
        ]
        running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True)
    assert running.stdout is not None
    url = running.stdout.readline().split()[-1]
    links = CliRunner().invoke(app, ["roster", "links", *common, "--url", url])
    found = re.search(rf"{re.escape(url)}/enter/\S+", links.stdout.replace(",", " "))
    assert found, links.stdout
    yield url, found[0]
    running.terminate()
    running.communicate()


def test_a_submission_from_the_notebook_shows_its_feedback_on_the_students_page(
    lab: Lab, browser: playwright.BrowserContext, service: tuple[str, str]
) -> None:
    site = browser.new_page()
    site.goto(service[1])
    site.get_by_role("button", name="Make a token for EM for Gaussian mixtures").click()
    call = site.locator("#call").inner_text()

    page = lab.page
    lab.run_e_step(solution())
    page.keyboard.press("Control+s")
    page.keyboard.press("b")  # a new cell below
    page.keyboard.press("Enter")
    page.keyboard.insert_text(call)
    page.keyboard.press("Control+s")
    page.keyboard.press("Control+Enter")
    accepted = page.get_by_text(re.compile(r"Accepted, receipt \d+"))
    accepted.wait_for()
    receipt = re.search(r"receipt (\d+)", accepted.inner_text())[1]  # type: ignore[index]

    site.goto(f"{service[0]}/")
    site.get_by_text("20 of 100").wait_for()
    site.get_by_role("link", name=receipt, exact=True).click()
    feedback = site.locator("main").inner_text()
    assert "✗ lost, 10 points in 2 checks" in feedback
    assert "M_step is not implemented yet" in feedback
    site.get_by_role("link", name="Your submissions").click()
    site.get_by_role("button", name="Make a token for EM for Gaussian mixtures").wait_for()
    site.close()
