"""Grades in the background what was stored, a few at a time, however many are waiting."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import BrokenExecutor, Executor
from pathlib import Path

from autograder.grading import Result, Spec, Variants, error_result, made_for, variant_mark
from autograder.runs import (
    Pool,
    grade_in_worker,
    pack_submission,
    unpack_result,
    warm_up_worker,
    worker_processes,
)
from autograder.sandbox import Isolation
from autograder.service.intake import iso
from autograder.service.ledgers import Ledgers
from autograder.service.log import log
from autograder.service.store import Store, Unavailable
from autograder.service.turns import Turns
from autograder.submissions import Submission

PAUSE = 2.0  # seconds, before the database is asked again
_TRIES = 2  # a worker that dies twice over a submission was killed by it


class Grading:
    """`jobs` threads, each with a worker of its own: one that dies takes no other submission with it.

    What is waiting and what is running is in the store, as the submissions without a result; so whatever happens
    to this process, the next one goes on.
    """

    def __init__(
        self,
        store: Store,
        specs: Mapping[str, Spec],
        ledgers: Ledgers,
        jobs: int,
        isolation: Isolation,
        pool: Pool = worker_processes,
        variants: Mapping[str, Variants] | None = None,
    ) -> None:
        self._store = store
        self._specs = specs
        self._ledgers = ledgers
        self._isolation = isolation
        self._pool = pool
        self._variants = variants or {}
        self._owners = {slug: own.owners() for slug, own in self._variants.items()}
        self._waiting = Turns()
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(jobs)]
        self._running: dict[int, None] = {}

    @property
    def running(self) -> list[int]:
        """The receipts of what is being graded now."""
        return list(self._running)

    @property
    def alive(self) -> bool:
        """Whether everybody who should be grading is."""
        return all(thread.is_alive() for thread in self._threads)

    def start(self, regrade: bool = False) -> None:
        """Go on where the last process stopped: with what has no grade, and with errors of ours.

        With `regrade` also with what was graded by other checks than today's or on other data. Raises Unavailable.
        """
        for slug, spec in self._specs.items():
            self._ledgers.catch_up(slug)
            for receipt, student in self._store.due(slug, self._stands(spec) if regrade else None).items():
                self.add(receipt, student)
        for thread in self._threads:
            thread.start()

    def add(self, receipt: int, student: str) -> None:
        """Let a submission that is in the store wait for its student's turn."""
        self._waiting.put(student, receipt)

    def _stands(self, spec: Spec) -> Callable[[Result], bool]:
        """What a result of these checks on today's data of its student is; the course may have a secret since."""
        own = self._variants.get(spec.assignment.slug)

        def stands(result: Result) -> bool:
            seed = own.seed(result["student"]) if own else None
            variant = None if seed is None else variant_mark(seed)
            return (result["spec_sha256"], result.get("variant")) == (spec.sha256, variant)

        return stands

    def close(self, seconds: float) -> int:
        """Begin nothing new, and wait so long for what is running; how many are running still.

        These are graded again by the next process.
        """
        self._stopping.set()
        self._waiting.close()
        until = time.monotonic() + seconds
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, until - time.monotonic()))
        return sum(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        worker = self._worker()
        while True:
            receipt = self._waiting.get()
            if receipt is None or self._stopping.is_set():
                break
            self._running[receipt] = None
            try:
                worker = self._grade(receipt, worker)
            except Exception as problem:  # noqa: BLE001 - this thread must live; the submission is in the store
                log("grading failed", level=logging.ERROR, receipt=receipt, problem=repr(problem))
            del self._running[receipt]
        worker.shutdown()

    def _worker(self) -> Executor:
        worker = self._pool(1)
        for spec in self._specs.values():
            worker.submit(warm_up_worker, spec.assignment.root, spec.assignment.slug, self._isolation)
        return worker

    def _grade(self, receipt: int, worker: Executor) -> Executor:
        """Grade and record one submission; the worker for the next one."""
        submission, spec = self._submission(receipt)
        if submission is None or spec is None:
            return worker
        started = time.monotonic()
        root, slug = spec.assignment.root, spec.assignment.slug
        for left in reversed(range(_TRIES)):
            try:
                message = pack_submission(submission, spec.sha256)
                answer = worker.submit(grade_in_worker, root, slug, self._isolation, message, True).result()
                result, drawn = unpack_result(answer)
            except BrokenExecutor as problem:
                log("worker died", level=logging.WARNING, receipt=receipt, tries_left=left)
                worker.shutdown(wait=False)
                worker = self._worker()
                result, drawn = error_result(submission, spec, self._isolation, problem), {}
                continue
            except Exception as problem:  # noqa: BLE001 - ours, whatever it is, and no other submission's
                result, drawn = error_result(submission, spec, self._isolation, problem), {}
            break
        if slug in self._variants and submission.content is not None:
            result["made_for"] = made_for(submission.content, submission.seed, self._owners[slug])
        while not self._stopping.is_set():
            try:
                self._store.settle(receipt, result)
                self._ledgers.settled(receipt, submission.student, slug, drawn)
            except Unavailable as problem:
                log("database unavailable", level=logging.ERROR, receipt=receipt, problem=str(problem))
                self._stopping.wait(PAUSE)
                continue
            took = round(time.monotonic() - started, 3)
            log(
                "graded", receipt=receipt, assignment=slug, status=result["status"], score=result["score"], seconds=took
            )
            break
        return worker

    def _submission(self, receipt: int) -> tuple[Submission | None, Spec | None]:
        while not self._stopping.is_set():
            try:
                entry = self._store.entry(receipt)
                if entry is None:
                    break
                content = self._store.notebook(receipt)
            except Unavailable as problem:
                log("database unavailable", level=logging.ERROR, receipt=receipt, problem=str(problem))
                self._stopping.wait(PAUSE)
                continue
            own = self._variants.get(entry.assignment)
            submission = Submission(
                entry.student,
                Path(entry.name),
                submitted_at=iso(entry.received),
                content=content,
                seed=own.seed(entry.student) if own else None,
            )
            return submission, self._specs[entry.assignment]
        return None, None
