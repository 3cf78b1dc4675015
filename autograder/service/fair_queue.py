"""The queue of submissions. Students take turns, so many submissions of one student do not delay the others."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque


class FairQueue:
    """The receipts of waiting submissions, in turn by student. Threads may share it."""

    def __init__(self) -> None:
        self._by_student: OrderedDict[str, deque[int]] = OrderedDict()
        self._changed = threading.Condition()
        self._closed = False

    def put(self, student: str, receipt: int) -> None:
        """Add a submission behind the student's others. A new student goes behind all waiting students."""
        with self._changed:
            self._by_student.setdefault(student, deque()).append(receipt)
            self._changed.notify()

    def get(self) -> int | None:
        """The next receipt. Waits until there is one; returns None when the queue is closed."""
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
        """From now on, `get` returns None."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
