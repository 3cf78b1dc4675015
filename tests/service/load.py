"""A load test. Many students submit within a short time, and it counts failures, losses, duplicates and seconds.

python -m tests.service.load [--students 500] [--seconds 60] [--jobs 2]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

from autograder.assignment import Assignment, course_root, load, notebook_to_bytes, release_notebook
from autograder.sandbox import strictest_isolation
from autograder.service import open_store, open_tokens
from autograder.service.app import ENDPOINT
from autograder.service.tokens import Generations
from tests.service.running import email, make_message, write_roster


async def send_all(url: str, messages: list[dict[str, Any]], seconds: float) -> list[tuple[int, float]]:
    """The status and seconds of each request. Every third is sent twice, as by a client that got no answer."""
    async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=200)) as client:

        async def send(message: dict[str, Any], when: float) -> tuple[int, float]:
            await asyncio.sleep(when)
            started = time.perf_counter()
            answer = await client.post(url + ENDPOINT, json=message)
            return answer.status_code, time.perf_counter() - started

        pause = seconds / len(messages)
        sent = [send(message, number * pause) for number, message in enumerate(messages)]
        repeated = [send(message, number * pause) for number, message in enumerate(messages) if number % 3 == 0]
        return await asyncio.gather(*sent, *repeated)


def run_load_test(assignment: Assignment, folder: Path, students: int, seconds: float, jobs: int) -> dict[str, Any]:
    """Run a service, send it the submissions of a class, stop it, and read its store. Returns the figures."""
    names = [f"oak{number}" for number in range(students)]
    roster, data = write_roster(folder / "roster.csv", names), folder / "data"
    options = ["--data", str(data), "--roster", str(roster), "--port", "0", "--jobs", str(jobs)]
    options += ["--isolation", strictest_isolation()]
    command = [sys.executable, "-m", "autograder", "serve", assignment.slug, *options]
    tokens, _ = open_tokens(data)
    notebook = notebook_to_bytes(release_notebook(assignment))
    messages = [
        make_message(assignment, name, tokens.make_token(email(name), assignment.slug, Generations()), notebook)
        for name in names
    ]
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(command, cwd=assignment.root, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        try:
            assert process.stdout is not None
            [url] = re.findall(r"at (http://\S+)", process.stdout.readline())
            answers = asyncio.run(send_all(url, messages, seconds))
        finally:
            process.terminate()
            process.wait()
    store = open_store(data, None)
    stored_by_student = Counter(entry.student for entry in store.entries_of_assignment(assignment.slug))
    graded = sum(entry.status is not None for entry in store.entries_of_assignment(assignment.slug))
    store.close()
    times = sorted(seconds_taken for _, seconds_taken in answers)
    return {
        "requests": len(answers),
        "statuses": dict(Counter(status for status, _ in answers)),
        "5xx": sum(status >= 500 for status, _ in answers),
        "lost": sum(stored_by_student[name] == 0 for name in names),
        "counted twice": sum(stored_by_student[name] > 1 for name in names),
        "graded by then": graded,
        "median ms": round(1000 * times[len(times) // 2]),
        "p99 ms": round(1000 * times[int(0.99 * (len(times) - 1))]),
        "worst ms": round(1000 * times[-1]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        course = load(course_root(), "em_gmm")
        print(
            json.dumps(
                run_load_test(course, Path(folder), arguments.students, arguments.seconds, arguments.jobs), indent=1
            )
        )


if __name__ == "__main__":
    main()
