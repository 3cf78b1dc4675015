"""How many processors student code finds, and whether it can use them. Both isolation levels say the same."""

from __future__ import annotations

from typing import Any

import pytest

COUNTS = [
    "os.cpu_count()",
    "len(os.sched_getaffinity(0))",
    "multiprocessing.cpu_count()",
    "os.sysconf('SC_NPROCESSORS_ONLN')",
    "getattr(os, 'process_cpu_count', os.cpu_count)()",
    "int(os.environ['LOKY_MAX_CPU_COUNT'])",
]


def test_every_count_of_processors_is_that_of_a_submission(value: Any) -> None:
    assert value(f"import os, multiprocessing\ndef f():\n    return [{', '.join(COUNTS)}]") == [2] * len(COUNTS)


def test_joblib_counts_the_same_and_runs(value_in_notebook: Any) -> None:
    pytest.importorskip("joblib")
    cell = "import joblib\ndef f():\n    rows = joblib.Parallel(n_jobs=-1)(joblib.delayed(abs)(-i) for i in range(3))\n"
    assert value_in_notebook(
        f"{cell}    return joblib.cpu_count(), joblib.cpu_count(only_physical_cores=True), *rows"
    ) == (
        *(2, 2),
        *(0, 1, 2),
    )


@pytest.mark.parametrize(
    "body",
    [
        "with multiprocessing.Pool() as pool: return pool.map(abs, [-1, -2, -3])",
        "with multiprocessing.Pool(os.cpu_count() - 1) as pool: return pool.map(abs, [-1, -2, -3])",
        "with multiprocessing.pool.ThreadPool() as pool: return pool.map(abs, [-1, -2, -3])",
        "with ProcessPoolExecutor() as pool: return list(pool.map(abs, [-1, -2, -3]))",
        "with ThreadPoolExecutor() as pool: return list(pool.map(abs, [-1, -2, -3]))",
    ],
)
def test_a_pool_of_the_default_size_works(value: Any, body: str) -> None:
    imports = "import os, multiprocessing.pool\nfrom concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor"
    assert list(value(f"{imports}\ndef f():\n    {body}")) == [1, 2, 3]


def test_processes_share_locks_queues_and_numbers(value: Any) -> None:
    cell = """
import multiprocessing as mp
lock, rlock, number, ready, queue = mp.Lock(), mp.RLock(), mp.Value("i", 0), mp.Event(), mp.Queue()
def add():
    ready.wait()
    for _ in range(200):
        with lock, number.get_lock():
            number.value += 1
    queue.put(number.value > 0)
def f():
    processes = [mp.Process(target=add) for _ in range(2)]
    [process.start() for process in processes]
    ready.set()
    answers = [queue.get() for _ in processes]
    [process.join() for process in processes]
    with rlock, rlock:
        free = rlock.acquire(block=False)
        rlock.release()
    lock.acquire()
    return number.value, answers, free, lock.acquire(timeout=0.01), lock.acquire(block=False)
"""
    assert value(cell) == (400, [True, True], True, False, False)


def test_a_lock_that_is_free_cannot_be_released(value: Any) -> None:
    cell = """
import multiprocessing as mp
def outcome(lock):
    try:
        lock.release()
    except (ValueError, AssertionError) as problem:
        return type(problem).__name__
def f():
    return outcome(mp.Lock()), outcome(mp.RLock()), outcome(mp.BoundedSemaphore(2)), outcome(mp.Semaphore(2))
"""
    assert value(cell) == ("ValueError", "AssertionError", "ValueError", None)
