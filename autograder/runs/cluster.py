"""Grades on the workers of a running Dask cluster, through the interface of an Executor.

The instructor starts the workers in the course's folder, with the kit and what the sandbox needs. A submission and its
result travel as JSON. Nothing that a student wrote is pickled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.assignment import UsageError, course_root
from autograder.grading import SpecMark
from autograder.runs.batch import loaded_spec
from autograder.sandbox import Isolation, describe_isolation, why_unavailable

_ANSWER_SECONDS = 10  # the scheduler must answer within this time
_ARRIVAL_SECONDS = 60  # the first worker must appear within this time
_RETRIES = 1  # how often a submission is sent to another worker after its worker died
# By default the client keeps a log of the last thousand messages, with the notebooks in them.
_NO_LOG = {"distributed.admin.low-level-log-length": 0}
_RUN_AGAIN = "then run the same command again"


class WorkersDied(Exception):
    """One submission killed so many workers that it is not tried again."""


@dataclass(frozen=True)
class Requirements:
    """What every worker must have, also a worker that joins late."""

    slug: str
    spec_sha256: str
    isolation: Isolation


@dataclass(frozen=True)
class Cluster:
    """A cluster with examined workers. It holds their number, and a line for each kind of isolation that they have."""

    client: Any
    wanted: Requirements
    size: int
    isolation: tuple[str, ...] = field(default=())

    def pool(self, _: int) -> Executor:
        """Return the whole cluster. The caller limits how many submissions it sends at a time."""
        return _Workers(self.client, self.wanted)


@contextmanager
def connected_cluster(address: str, spec: SpecMark, isolation: Isolation) -> Iterator[Cluster]:
    """Connect to the cluster of a scheduler, if all its workers have the same version of this assignment.

    Raises UsageError, with the worker's address, if a worker cannot.
    """
    try:
        import dask
        from distributed import Client  # an optional package
    except ImportError:
        raise UsageError("--scheduler needs Dask: pip install 'em-autograder[cluster]'.") from None
    try:
        with dask.config.set(_NO_LOG):
            client = Client(address, timeout=_ANSWER_SECONDS, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as problem:
        raise UsageError(f"{address}: no Dask scheduler answers there ({problem}).") from None
    try:
        try:
            client.wait_for_workers(1, timeout=_ARRIVAL_SECONDS)
        except TimeoutError:
            raise UsageError(f"{address}: the scheduler has no worker. Start one in the course's folder.") from None
        wanted = Requirements(spec.assignment.slug, spec.sha256, isolation)
        answers = client.run(describe_worker, wanted.slug, isolation, on_error="return")
        for worker, answer in sorted(answers.items()):
            _demand_able(worker, answer, wanted)
        with _few_retries(client):
            levels = tuple(sorted({answer["isolation"] for answer in answers.values()}))
            yield Cluster(client, wanted, len(answers), levels)
    finally:
        client.close()


@contextmanager
def _few_retries(client: Any) -> Iterator[None]:
    """Make the scheduler give up a submission that killed two workers. Its default is four."""

    def allow(failures: int, dask_scheduler: Any) -> int:  # defined here, because the scheduler may not have the kit
        before = int(dask_scheduler.allowed_failures)
        dask_scheduler.allowed_failures = failures
        return before

    before = client.run_on_scheduler(allow, _RETRIES)
    try:
        yield
    finally:
        if client.status == "running":  # otherwise the scheduler is gone, and there is nothing to restore
            with suppress(OSError):
                client.run_on_scheduler(allow, before)


def describe_worker(slug: str, isolation: Isolation, dask_worker: Any) -> dict[str, Any]:
    """Describe the worker. A worker with another version of the kit must understand this call and its answer."""
    missing = why_unavailable(isolation)
    return {
        "spec": loaded_spec(course_root(), slug).sha256,
        "missing": missing,
        "isolation": missing or describe_isolation(isolation),
        "threads": dask_worker.state.nthreads,
        "folder": str(Path.cwd()),
    }


def grade_on_worker(wanted: Requirements, function: Callable[..., bytes], *arguments: Any) -> bytes:
    """Call the function on a worker, with the worker's own course.

    Raises UsageError if the worker cannot grade. A worker that joined late was not examined before.
    """
    from distributed import get_worker

    worker = get_worker()
    try:
        answer: Any = describe_worker(wanted.slug, wanted.isolation, worker)
    except UsageError as problem:
        answer = problem
    _demand_able(worker.address, answer, wanted)
    return function(None, *arguments)


def _demand_able(worker: str, answer: Any, wanted: Requirements) -> None:
    if not isinstance(answer, dict):
        raise UsageError(f"the worker {worker} can't grade ({answer}): start it in the course's folder, {_RUN_AGAIN}.")
    if answer["spec"] != wanted.spec_sha256:
        raise UsageError(
            f"the worker {worker} has another version of {wanted.slug} or of the kit, in {answer['folder']}: "
            f"give both the same version, restart the worker, {_RUN_AGAIN}."
        )
    if answer["missing"]:
        raise UsageError(f"the worker {worker} can't isolate students' code: {answer['missing']}")
    # Code that reaches the scheduler's port can run anything on every worker.
    missing = [means for means in ("Landlock", "seccomp") if means not in answer["isolation"]]
    if wanted.isolation is Isolation.process and missing:
        raise UsageError(
            f"the worker {worker} has no {' and no '.join(missing)}, and students' code there could read the course or "
            "reach the scheduler: use a Linux with Landlock (5.13 or later) and `apt install libseccomp2`, or "
            f"--isolation strict, {_RUN_AGAIN}."
        )
    if answer["threads"] != 1:
        raise UsageError(
            f"the worker {worker} has {answer['threads']} threads, but grading needs a process with one thread: "
            f"start it with --nthreads 1, and as many --nworkers as there are cores, {_RUN_AGAIN}."
        )


class _Workers(Executor):
    """Dask's executor. Its futures end in the same way as those of a process pool."""

    def __init__(self, client: Any, wanted: Requirements) -> None:
        self._inner = client.get_executor(pure=False)
        self._wanted = wanted

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        root, *more = args
        assert isinstance(root, Path)  # the path on this machine; a worker uses its own folder
        outer: Future[Any] = Future()
        inner = self._inner.submit(grade_on_worker, self._wanted, function, *more, **kwargs)
        inner.add_done_callback(lambda done: _copy_outcome(outer, done))
        return outer

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.shutdown(wait=kind is None)  # after Ctrl-C, nothing that the cluster still does is waited for

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._inner.shutdown(wait=wait)


def _copy_outcome(outer: Future[Any], done: Future[Any]) -> None:
    try:
        outer.set_result(done.result())
    except CancelledError:
        outer.set_exception(
            UsageError("the scheduler is gone: start it again, and run the same command again to resume.")
        )
    except Exception as problem:  # noqa: BLE001 - the caller of the future gets it
        outer.set_exception(_translated(problem))


def _translated(problem: Exception) -> Exception:
    """Return a WorkersDied in place of Dask's KilledWorker, and any other problem unchanged."""
    from distributed.scheduler import KilledWorker

    if not isinstance(problem, KilledWorker):
        return problem
    return WorkersDied(f"{problem.allowed_failures + 1} workers died while they graded it")
