"""Who is graded next: students take turns, so that nobody waits for all that one other has handed in."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque


class Turns:
    """What is waiting, until it is closed."""

    def __init__(self) -> None:
        self._by_student: OrderedDict[str, deque[int]] = OrderedDict()
        self._changed = threading.Condition()
        self._closed = False

    def put(self, student: str, receipt: int) -> None:
        """Let a submission wait behind the student's others, and the student behind those who wait already."""
        with self._changed:
            self._by_student.setdefault(student, deque()).append(receipt)
            self._changed.notify()

    def get(self) -> int | None:
        """The next receipt as soon as there is one; None once it is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._by_student)
            if self._closed:
                return None
            student, receipts = self._by_student.popitem(last=False)
            receipt = receipts.popleft()
            if receipts:
                self._by_student[student] = receipts
            return receipt

    def close(self) -> None:
        """Hand out nothing more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
