"""In JupyterLab, in a browser: what a student sees who runs the released notebook up to Task 1."""

from __future__ import annotations

import http.client
import os
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
from urllib.parse import urlsplit

import pytest

nbformat = pytest.importorskip("nbformat")
pytest.importorskip("jupyterlab")
playwright = pytest.importorskip("playwright.sync_api")

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = "em_gmm.ipynb"
SECONDS = 120  # for any one thing to happen; a busy machine may take long, and an idle one never waits
BROWSER_ARGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --no-proxy-server"
).split()


@dataclass(frozen=True)
class Server:
    root: Path
    url: str
    token: str


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[playwright.BrowserContext]:
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("no Chromium here: install Debian's `chromium` to run this test")
    home = tmp_path_factory.mktemp("browser")
    with playwright.sync_playwright() as driver:
        context = driver.chromium.launch_persistent_context(
            home / "profile",
            executable_path=program,
            args=BROWSER_ARGS,
            env={**os.environ, "HOME": str(home)},
            viewport={"width": 1280, "height": 800},
            timeout=SECONDS * 1000,
        )
        context.set_default_timeout(SECONDS * 1000)
        yield context
        context.close()


@pytest.fixture(scope="module")
def server(browser: playwright.BrowserContext, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("jupyter")
    (home / "root").mkdir()
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
        "--LabApp.news_url=None",  # otherwise JupyterLab asks whether it may fetch news, over the notebook
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
    ]
    folders = {
        f"{name}_DIR": str(home / name)
        for name in ("JUPYTER_CONFIG", "JUPYTER_DATA", "JUPYTER_RUNTIME", "JUPYTERLAB_SETTINGS", "JUPYTERLAB_WORKSPACES")
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "PYTHON"))}
    with (home / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", *options],
            cwd=home,
            env={**inherited, **folders, "HOME": str(home), "IPYTHONDIR": str(home), "MPLCONFIGDIR": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + SECONDS
        while not answers(port):
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


def answers(port: int) -> bool:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)) as connection:
        try:
            connection.request("GET", "/api")
            return connection.getresponse().status == 200
        except OSError:
            return False


def cell_number(notebook: nbformat.NotebookNode, grade_id: str) -> int:
    ids = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in notebook.cells]
    return ids.index(grade_id)


def run_e_step(
    server: Server, browser: playwright.BrowserContext, tmp_path: Path, old: str = "", new: str = ""
) -> playwright.Locator:
    """Run the notebook up to the test of the E-step, solved with `old` replaced by `new`; return the test's output."""
    folder = server.root / tmp_path.name
    shutil.copytree(ROOT / "release" / "em_gmm", folder, ignore=shutil.ignore_patterns("__pycache__"))
    source = nbformat.read(ROOT / "source" / "em_gmm" / NOTEBOOK, as_version=4)
    notebook = nbformat.read(folder / NOTEBOOK, as_version=4)
    solution = source.cells[cell_number(source, "e_step")].source
    assert old in solution
    notebook.cells[cell_number(notebook, "e_step")].source = solution.replace(old, new) if old else solution
    nbformat.write(notebook, folder / NOTEBOOK)
    test = cell_number(notebook, "test_e_step")

    page = browser.new_page()
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    page.on("websocket", lambda socket: urls.append(socket.url))
    place = f"/lab/workspaces/{folder.name}/tree/{folder.name}/{NOTEBOOK}"
    try:
        page.goto(f"{server.url}{place}?token={server.token}")
        page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()
        page.locator(".jp-Notebook-cell[data-windowed-list-index='0'] h1").click()
        for number in range(test + 1):
            page.locator(f".jp-Notebook-cell.jp-mod-active[data-windowed-list-index='{number}']").wait_for()
            page.keyboard.press("Shift+Enter")
        cell = page.locator(f".jp-Notebook-cell[data-windowed-list-index='{test}']")
        cell.locator(".jp-OutputArea-executeResult").wait_for()
        cell.scroll_into_view_if_needed()
    finally:
        image = tmp_path / "jupyterlab.png"
        page.screenshot(path=image)
        print(f"what the browser shows: {image}")
        if gallery := os.environ.get("SCREENSHOTS"):
            shutil.copy(image, Path(gallery) / f"{tmp_path.name}.png")
    assert any(url.startswith("ws://") for url in urls)
    hosts = {urlsplit(url).hostname for url in urls if not url.startswith(("data:", "blob:"))}
    assert hosts == {"127.0.0.1"}
    return cell.locator(".jp-OutputArea")


def test_zz(server, browser, tmp_path):
    out = run_e_step(server, browser, tmp_path)
    print(out.evaluate("e => e.outerHTML"))
    print(out.inner_text())
    assert 0
