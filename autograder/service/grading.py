"""Grades the stored submissions in the background, with a fixed number of workers."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import BrokenExecutor, Executor
from pathlib import Path

from autograder.grading import Result, SpecMark, Variants, error_result, other_owners_of, variant_mark
from autograder.runs import Pool, grade_in_worker, pack_submission, unpack_result, warm_up_worker, worker_processes
from autograder.sandbox import Isolation
from autograder.service.deadlines import iso_time
from autograder.service.fair_queue import FairQueue
from autograder.service.ledgers import Ledgers
from autograder.service.log import log
from autograder.service.store import Store, Unavailable
from autograder.submissions import Submission

RETRY_SECONDS = 2.0  # the wait before another attempt to use the database
_TRIES = 2  # if a worker dies twice on a submission, the submission is the cause


class Grading:
    """Grades with `jobs` threads. Each has its own worker, so that a worker's death affects only one submission.

    Waiting and running submissions are those without a result in the store. So if this process dies, the next one
    resumes.
    """

    def __init__(
        self,
        store: Store,
        specs: Mapping[str, SpecMark],
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
        self._student_by_mark = {slug: variants.owners() for slug, variants in self._variants.items()}
        self._queue = FairQueue()
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._grade_until_stopped, daemon=True) for _ in range(jobs)]
        self._running: dict[int, None] = {}

    @property
    def running(self) -> list[int]:
        """The receipts of the submissions that are being graded now."""
        return list(self._running)

    @property
    def alive(self) -> bool:
        """Whether all grading threads are running."""
        return all(thread.is_alive() for thread in self._threads)

    def start(self, regrade: bool = False) -> None:
        """Start the threads, and resume the work of the last process: submissions without a grade or with an error.

        With `regrade`, also grade again where the checks or the student's data have changed. Raises Unavailable.
        """
        for slug, spec in self._specs.items():
            self._ledgers.catch_up(slug)
            is_up_to_date = self._make_up_to_date_check(spec) if regrade else None
            for receipt, student in self._store.receipts_to_grade(slug, is_up_to_date).items():
                self.add(receipt, student)
        for thread in self._threads:
            thread.start()

    def add(self, receipt: int, student: str) -> None:
        """Add a stored submission to the queue."""
        self._queue.put(student, receipt)

    def _make_up_to_date_check(self, spec: SpecMark) -> Callable[[Result], bool]:
        """A function: whether a result comes from today's checks on the student's data of today.

        A student's data change when the course gets a secret.
        """
        variants = self._variants.get(spec.assignment.slug)

        def is_up_to_date(result: Result) -> bool:
            seed = variants.seed(result["student"]) if variants else None
            variant = None if seed is None else variant_mark(seed)
            return (result["spec_sha256"], result.get("variant")) == (spec.sha256, variant)

        return is_up_to_date

    def close(self, seconds: float) -> int:
        """Stop, and wait at most `seconds` for running submissions. Returns how many threads are still running.

        The next process grades their submissions again.
        """
        self._stopping.set()
        self._queue.close()
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, deadline - time.monotonic()))
        return sum(thread.is_alive() for thread in self._threads)

    def _grade_until_stopped(self) -> None:
        worker = self._start_worker()
        while True:
            receipt = self._queue.get()
            if receipt is None or self._stopping.is_set():
                break
            self._running[receipt] = None
            try:
                worker = self._grade(receipt, worker)
            except Exception as problem:  # noqa: BLE001 - this thread must go on; the submission is in the store
                log("grading failed", level=logging.ERROR, receipt=receipt, problem=repr(problem))
            del self._running[receipt]
        worker.shutdown()

    def _start_worker(self) -> Executor:
        worker = self._pool(1)
        for spec in self._specs.values():
            worker.submit(warm_up_worker, spec.assignment.root, spec.assignment.slug, self._isolation)
        return worker

    def _grade(self, receipt: int, worker: Executor) -> Executor:
        """Grade and record one submission. Returns the worker for the next submission."""
        submission, spec = self._load_submission(receipt)
        if submission is None or spec is None:
            return worker
        started = time.monotonic()
        root, slug = spec.assignment.root, spec.assignment.slug
        for tries_left in reversed(range(_TRIES)):
            try:
                message = pack_submission(submission, spec.sha256)
                answer = worker.submit(grade_in_worker, root, slug, self._isolation, message, True).result()
                result, pictures = unpack_result(answer)
            except BrokenExecutor as problem:
                log("worker died", level=logging.WARNING, receipt=receipt, tries_left=tries_left)
                worker.shutdown(wait=False)
                worker = self._start_worker()
                result, pictures = error_result(submission, spec, self._isolation, problem), {}
                continue
            except Exception as problem:  # noqa: BLE001 - any other error is the kit's, and affects only this submission
                result, pictures = error_result(submission, spec, self._isolation, problem), {}
            break
        if slug in self._variants and submission.content is not None:
            result["made_for"] = other_owners_of(submission.content, submission.seed, self._student_by_mark[slug])
        while not self._stopping.is_set():
            try:
                self._store.save_result(receipt, result)
                self._ledgers.record(receipt, submission.student, slug, pictures)
            except Unavailable as problem:
                log("database unavailable", level=logging.ERROR, receipt=receipt, problem=str(problem))
                self._stopping.wait(RETRY_SECONDS)
                continue
            seconds = round(time.monotonic() - started, 3)
            status, score = result["status"], result["score"]
            log("graded", receipt=receipt, assignment=slug, status=status, score=score, seconds=seconds)
            break
        return worker

    def _load_submission(self, receipt: int) -> tuple[Submission | None, SpecMark | None]:
        while not self._stopping.is_set():
            try:
                entry = self._store.entry(receipt)
                if entry is None:
                    break
                content = self._store.notebook(receipt)
            except Unavailable as problem:
                log("database unavailable", level=logging.ERROR, receipt=receipt, problem=str(problem))
                self._stopping.wait(RETRY_SECONDS)
                continue
            variants = self._variants.get(entry.assignment)
            submission = Submission(
                entry.student,
                Path(entry.name),
                submitted_at=iso_time(entry.received),
                content=content,
                seed=variants.seed(entry.student) if variants else None,
            )
            return submission, self._specs[entry.assignment]
        return None, None
