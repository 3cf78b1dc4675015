"""Grades on a Dask cluster that is there already: the workers that somebody else started, as an Executor.

A worker is started in the course's folder, with the kit and what the jail needs. It is sent a submission as JSON and
sends its result back as JSON; nothing that a student wrote is pickled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder import batch
from autograder.assignment import UsageError, course_root
from autograder.jail import Isolation, missing
from autograder.spec import Spec

ANSWER = 10  # seconds for the scheduler to answer
ARRIVE = 60  # seconds for a first worker to be there
# By default the client keeps the last thousand batches that it sent, with all the notebooks in them.
_NO_LOG = {"distributed.admin.low-level-log-length": 0}


class WorkersDied(Exception):
    """A submission over which so many workers died that it is not tried again."""


@dataclass(frozen=True)
class Cluster:
    """Workers that were looked at, and how many they were."""

    client: Any
    size: int

    def pool(self, _: int) -> Executor:
        """All of the cluster, however many are asked for: who asks sends no more than that at a time."""
        return _Workers(self.client)


@contextmanager
def connected(address: str, spec: Spec, isolation: Isolation) -> Iterator[Cluster]:
    """The cluster behind a scheduler's address, if all of its workers can grade this assignment as it is here.

    Raises UsageError otherwise, which names the worker.
    """
    try:
        import dask
        from distributed import Client  # an extra, which only those need who have a cluster
    except ImportError:
        raise UsageError("--scheduler needs Dask: pip install 'em-autograder[cluster]'.") from None
    try:
        with dask.config.set(_NO_LOG):
            client = Client(address, timeout=ANSWER, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as problem:
        raise UsageError(f"{address}: no Dask scheduler answers there ({problem}).") from None
    try:
        try:
            client.wait_for_workers(1, timeout=ARRIVE)
        except TimeoutError:
            raise UsageError(f"{address}: the scheduler has no worker; start one in the course's folder.") from None
        told = client.run(look, spec.assignment.slug, isolation, on_error="return")
        for worker, answer in sorted(told.items()):
            _demand_able(worker, answer, spec)
        yield Cluster(client, len(told))
    finally:
        client.close()


def look(slug: str, isolation: Isolation, dask_worker: Any) -> dict[str, Any]:
    """What a worker says of itself."""
    return {
        "spec": batch.loaded(course_root(), slug).sha256,
        "missing": missing(isolation),
        "threads": dask_worker.state.nthreads,
        "folder": str(Path.cwd()),
    }


def _demand_able(worker: str, answer: Any, spec: Spec) -> None:
    mend = "then run the same command again"
    if not isinstance(answer, dict):
        raise UsageError(f"the worker {worker} can't grade ({answer}): start it in the course's folder, {mend}.")
    if answer["spec"] != spec.sha256:
        raise UsageError(
            f"the worker {worker} has another version of {spec.assignment.slug} or of the kit, in {answer['folder']}: "
            f"bring both to the same, restart it, {mend}."
        )
    if answer["missing"]:
        raise UsageError(f"the worker {worker} can't keep students' code apart: {answer['missing']}")
    if answer["threads"] != 1:
        raise UsageError(
            f"the worker {worker} has {answer['threads']} threads, and judging needs a process to itself: "
            f"start it with --nthreads 1, and as many --nworkers as there are cores, {mend}."
        )


class _Workers(Executor):
    """Dask's own executor, whose futures end as those of a pool of processes would."""

    def __init__(self, client: Any) -> None:
        self._inner = client.get_executor(pure=False)

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        root, *more = args
        assert isinstance(root, Path)  # here; a worker's is around the folder that it was started in
        outer: Future[Any] = Future()
        inner = self._inner.submit(function, None, *more, **kwargs)
        inner.add_done_callback(lambda done: _settle(outer, done))
        return outer

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._inner.shutdown(wait=wait)


def _settle(outer: Future[Any], done: Future[Any]) -> None:
    try:
        outer.set_result(done.result())
    except CancelledError:
        outer.set_exception(UsageError("the scheduler is gone: start it again, and run the same command to go on."))
    except Exception as problem:  # noqa: BLE001 - it is handed on
        outer.set_exception(_as_a_pool(problem))


def _as_a_pool(problem: Exception) -> Exception:
    """Dask runs again what was on a lost worker, and says so when that happened too often for it."""
    from distributed.scheduler import KilledWorker

    if not isinstance(problem, KilledWorker):
        return problem
    died = problem.allowed_failures + 1
    if died == 1:
        return BrokenExecutor("a worker died over it")  # which has it tried once more
    return WorkersDied(f"{died} workers died over it, one after the other")
