"""IPython's own shell, as a notebook's kernel has it. Here it shows nothing, stores nothing and starts no program.

This file is copied into the sandbox, so it imports nothing of the kit.
"""

import ast
import contextlib
import inspect
import os
import re
import sys
import types
from collections.abc import Callable, Collection, Iterator
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, magics_class
from IPython.extensions.storemagic import load_ipython_extension
from IPython.utils.capture import capture_output
from IPython.utils.text import SList
from shell_parts import Compiler, Hook, Inert, OwnModules, Store, describe, is_definition, line_now  # type: ignore[import-not-found]
from traitlets.config import Config

Starting = Callable[[int, int], None]
# Magics that run the code after them, and their options. Here they run it once, statement by statement.
_RUN_CODE = {
    "time": "",
    "timeit": "n:r:tcp:qov:",
    "prun": "D:l:rs:T:q",
    "memit": "r:t:i:coq",
    "capture": "",
    "debug": "b:",
}
# They change how a notebook looks, install packages, run programs, or ask the keyboard. None of that changes a value.
_DO_NOTHING = frozenset(
    [
        *("matplotlib", "gui", "config", "load_ext", "reload_ext", "unload_ext", "aimport", "colors", "xmode", "tb"),
        *("pip", "conda", "mamba", "micromamba", "uv", "bash", "sh", "script", "sx", "system", "!", "perl", "ruby"),
        *("pypy", "python", "python2", "python3", "html", "HTML", "javascript", "js", "latex", "svg", "SVG"),
        *("markdown", "debug", "pdb", "edit", "ed", "pinfo", "pinfo2", "psearch", "psource", "pdoc", "pdef", "pfile"),
        *("page", "pager", "connect_info", "qtconsole"),
    ]
)
_LANGUAGES = frozenset(
    [
        *("R", "Rscript", "sql", "bigquery", "julia", "cython", "fortran", "octave", "matlab", "stata", "sas"),
        *("mermaid", "dot", "graphviz", "ai", "cmd", "powershell"),
    ]
)
_NEEDS_LOOP = re.compile(r"\b(create_task|ensure_future|get_running_loop)\b")
_ASYNC = re.compile(rf"\b(await|async)\b|{_NEEDS_LOOP.pattern}")


@magics_class
class _Options(Magics):  # type: ignore[misc]
    """Reads the options of a magic."""


class Shell(InteractiveShell):  # type: ignore[misc]
    """Runs cells. Each statement runs on its own: if one fails, the next one runs.

    - `failures`: what failed, as `describe` says it.
    - `ignored`: the magics that were ignored: the cell, the name, whether the code below it ran as Python, and whether
      IPython knows the magic but was not given what it needs.
    - `definitions_from`: a cell and the number of a statement, from which on only definitions run. None if all run.
    """

    displayhook_class = Hook
    profile_dir = types.SimpleNamespace(location=".")  # IPython 8 asks for it

    def __init__(self, **named: Any) -> None:
        self.failures: list[dict[str, object]] = []
        self.ignored: list[list[object]] = []
        self.definitions_from: list[int] | None = None
        self._number, self._reports_left = 0, 0
        self._reloads, self._modules = False, OwnModules()
        self._left_out: Collection[int] = ()
        self._starting: Starting = lambda *_: None
        super().__init__(**named)
        self.compile = Compiler()
        self.db = Store()
        for name in ("exit", "quit"):  # IPython's own would end the kernel
            self.user_ns[name] = self.builtin_trap.auto_builtins[name] = sys.exit

    @property
    def cell(self) -> int:
        """The number of the present cell."""
        return int(self.compile.cell)

    def run_notebook_cell(self, cell: int, source: str, left_out: Collection[int], starting: Starting) -> None:
        """Run a cell without the statements in `left_out`, which counts them from 0 in the order in which they begin.

        `starting` is called with the number and the line of each statement, before it runs. The statements below a
        magic count too.
        """
        self.compile.cell, self._number, self._left_out, self._starting = cell, 0, left_out, starting
        if self._reloads:
            for problem in self._modules.reload_changed(self.folder):
                self.failures.append(describe(problem, cell))
        self._reports_left = len(source)  # a loop over run_cell begins statements without end
        self.run_cell(source, store_history=True)

    async def run_ast_nodes(
        self,
        nodelist: list[ast.stmt],
        cell_name: str,
        interactivity: str = "last_expr",
        compiler: Any = None,
        result: Any = None,
    ) -> bool:
        """Run each statement on its own. Return whether one failed."""
        failed, compiler = False, compiler if isinstance(compiler, Compiler) else self.compile
        for node in nodelist:
            number, self._number = self._number, self._number + 1
            late = self.definitions_from is not None and [self.cell, number] >= self.definitions_from
            if number in self._left_out or (late and not is_definition(node, self.user_ns)):
                continue
            if self._reports_left > 0:
                self._reports_left -= 1
                self._starting(number, node.lineno)
            shown = node is nodelist[-1] and isinstance(node, ast.Expr) and interactivity != "none"
            module = ast.Interactive([node]) if shown else ast.Module([node], [])
            try:
                with compiler.extra_flags(ast.PyCF_ALLOW_TOP_LEVEL_AWAIT):
                    code = compiler(module, cell_name, "single" if shown else "exec")
                if code.co_flags & inspect.CO_COROUTINE:
                    await eval(code, self.user_ns)
                else:
                    exec(code, self.user_ns)
            except BaseException as problem:  # noqa: BLE001 - exit() and KeyboardInterrupt end a statement, not the notebook
                failed = True
                self.failures.append(describe(problem, self.cell))
        return failed

    def should_run_async(self, raw_cell: str, **named: Any) -> bool:
        """Whether a cell needs an event loop. Most cells do not even mention one, and need not be compiled for that."""
        if not _ASYNC.search(raw_cell) or named.get("preprocessing_exc_tuple"):
            return False
        return bool(_NEEDS_LOOP.search(raw_cell)) or super().should_run_async(raw_cell, **named)

    def transform_cell(self, raw_cell: str) -> str:
        """Translate a cell to Python. IPython removes empty lines at the top: here all lines keep their numbers."""
        body = raw_cell.lstrip()
        above = raw_cell[: len(raw_cell) - len(body)].count("\n")
        try:
            return "\n" * above + str(super().transform_cell(raw_cell))
        except SyntaxError as problem:  # it names the tokenizer as its file
            problem.filename, problem.lineno = self.compile.get_code_name(), (problem.lineno or 1) + above
            raise

    def run_line_magic(self, magic_name: str, line: str, _stack_depth: int = 1) -> Any:
        """Run a magic that changes values. Ignore all others."""
        frame = sys._getframe(_stack_depth)
        if magic_name in _RUN_CODE and (frame.f_locals is self.user_ns or magic_name not in ("time", "prun")):
            with self._noting(magic_name):
                options, code = self._parse(magic_name, line)
                if frame.f_locals is self.user_ns:
                    return self._run_below("\n" * max(0, line_now() - 1) + code, Inert() if "o" in options else None)
            return None
        if magic_name in _DO_NOTHING:
            return None
        if magic_name == "cd":
            return self._change_folder(line)
        if magic_name == "autoreload":
            self._reloads = line.strip() not in ("0", "off")
            return None
        with self._noting(magic_name):
            return super().run_line_magic(magic_name, line, _stack_depth + 1)

    def run_cell_magic(self, magic_name: str, line: str, cell: str) -> Any:
        """Run a magic that changes values. If a magic is not known, run the code below it."""
        below = "\n" * line_now() + cell
        if magic_name == "capture":
            with capture_output() as captured:
                self._run_below(below)
            for name in line.split():
                if name.isidentifier():
                    self.user_ns[name] = captured
        elif magic_name in _RUN_CODE:
            if magic_name == "timeit":
                with self._noting(magic_name):
                    self._run_below("\n" * max(0, line_now() - 1) + self._parse(magic_name, line)[1])
            self._run_below(below)
        elif magic_name in _DO_NOTHING:
            return None
        elif self._find_cell_magic(magic_name) is None:
            known_language = magic_name in _LANGUAGES
            self._note(magic_name, ran=not known_language)
            if not known_language:
                self._run_below(below)
        else:
            with self._noting(magic_name):
                return super().run_cell_magic(magic_name, line, cell)
        return None

    def _find_cell_magic(self, name: str) -> Any:
        lazy = getattr(self, "_find_with_lazy_load", None)  # IPython 9
        return lazy("cell", name) if lazy else self.find_cell_magic(name)

    def _run_below(self, source: str, instead: Any = None) -> Any:
        """Run the code of a magic. Return its value, or what is given instead."""
        result = self.run_cell(source)
        return result.result if instead is None else instead

    def _parse(self, magic_name: str, line: str) -> tuple[Any, str]:
        options, code = _Options(self).parse_options(
            line, _RUN_CODE[magic_name], posix=False, strict=False, preserve_non_opts=True
        )
        return options, str(code)

    @contextlib.contextmanager
    def _noting(self, magic_name: str) -> Iterator[None]:
        """If the magic is not known or its options are wrong, the cell goes on without it."""
        try:
            yield
        except UsageError:
            known = magic_name in _RUN_CODE or self.find_line_magic(magic_name) or self._find_cell_magic(magic_name)
            self._note(magic_name, misused=bool(known))

    def _note(self, magic_name: str, ran: bool = False, misused: bool = False) -> None:
        if (found := [self.cell, magic_name[:80], ran, misused]) not in self.ignored:
            self.ignored.append(found)

    def magic(self, line: str) -> Any:
        """Run a line magic, as IPython before version 9 does."""
        name, _, rest = line.lstrip().lstrip("%").partition(" ")
        return self.run_line_magic(name, rest, 2)

    def ask_exit(self) -> None:
        """End a statement."""
        raise SystemExit

    def _change_folder(self, line: str) -> None:
        """Change the folder, but not to one outside of the submission's own, where its files are."""
        target = os.path.realpath(os.path.expanduser(line.strip().strip("'\"") or "~"))
        if os.path.isdir(target) and f"{target}/".startswith(f"{self.folder}/"):
            os.chdir(target)

    def showtraceback(self, exc_tuple: Any = None, *_: object, **__: object) -> None:
        """Record what IPython would show, such as an error in a file that %run runs."""
        problem = exc_tuple[1] if exc_tuple else sys.exc_info()[1]
        if problem is not None and not isinstance(problem, UsageError):
            self.failures.append(describe(problem, self.cell, line_now()))

    def showsyntaxerror(self, *_: object, **__: object) -> None:
        """Record an error of syntax."""
        self.showtraceback()

    def init_ipython_dir(self, ipython_dir: object) -> None:
        """Do nothing: no folder is made."""
        self.folder = os.path.realpath(os.getcwd())

    def init_profile_dir(self, profile_dir: object) -> None:
        """Do nothing: no folder is made."""

    def init_virtualenv(self) -> None:
        """Do nothing: the paths are set already."""

    def system(self, cmd: str) -> None:
        """Do nothing: programs are not started."""

    system_raw = system_piped = system

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Any:
        """Return no output: programs are not started."""
        return SList() if split else ""

    def enable_gui(self, gui: object = None) -> None:
        """Do nothing: there is no screen."""

    def enable_matplotlib(self, gui: object = None) -> tuple[str, str]:
        """Do nothing: pictures are not shown."""
        return "agg", "agg"

    def _tee(self, channel: str) -> Any:
        """Keep no copy of the output: it may be long."""
        return contextlib.nullcontext()

    def _format_exception_for_storage(self, *_: object, **__: object) -> dict[str, object]:
        """Keep no traceback: to format one may take longer than the cell."""
        return {"ename": "", "evalue": "", "traceback": []}


def make_shell() -> Shell:
    """Make the shell, once for a process and its children."""
    config = Config()
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    config.InteractiveShell.colors = "NoColor"
    shell = Shell.instance(config=config)
    load_ipython_extension(shell)
    for source in ("pass", "%time pass\npass"):  # what the first cells of a shell need is then made already
        shell.run_cell(source)
    return shell
