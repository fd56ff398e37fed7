"""A bound on the time that a search may take."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class OutOfTime(BaseException):
    """The time is up.  No `Exception`, so that nothing on the way takes it for a failure of its own."""


#: After the time is up, how often it is said again, in seconds: code on the way may swallow the first.
_AGAIN = 0.2


@contextmanager
def at_most(seconds: float | None) -> Iterator[None]:
    """Raise `OutOfTime` if the block takes longer, where Python can: in the main thread of a Unix system.

    Elsewhere the block runs to its end.  None is no limit.
    """
    alarms = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if seconds is None or not alarms:
        yield
        return
    start = time.monotonic()

    def ring(_: int, __: FrameType | None) -> None:
        raise OutOfTime(f"{time.monotonic() - start:.1f} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-3), _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
