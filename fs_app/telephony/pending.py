"""Answers that will come: replies to commands and completions of applications. Every wait has a deadline.

Waiting is the hot path of a call, so it is done by hand: what arrives is read in the hub, and the hub switches to
the greenlet that waits for it at once, with no queue, no event and no turn of the loop in between.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable

from gevent import get_hub, getcurrent
from greenlet import greenlet

from fs_app.errors import CallEnded, CommandRefused, FsAppError, SwitchTimeout
from fs_app.telephony.headers import REPLY_TEXT, Frame, Kind

_FIRST = os.urandom(12).hex()  # no two servers give the same Event-UUID, also for one call
_numbers = itertools.count()


class Parking:
    """A place where one greenlet waits until it is woken or its time has passed."""

    __slots__ = ("_parked",)

    def __init__(self) -> None:
        self._parked: greenlet | None = None

    def park(self, seconds: float) -> None:
        """Wait to be woken, for so many seconds at most. Who else switches to us meanwhile is not heard."""
        if self._parked is not None:
            raise RuntimeError("two greenlets wait at one place")
        hub = get_hub()
        self._parked = getcurrent()
        deadline = hub.loop.timer(seconds)
        deadline.start(self._wake)
        try:
            while self._parked is not None:
                hub.switch()
        finally:
            self._parked = None
            deadline.close()

    def wake(self) -> None:
        """Wake whoever waits: at once where the hub says so, else in the hub's next turn."""
        if self._parked is not None:
            hub = get_hub()
            if getcurrent() is hub:
                self._wake()
            else:
                hub.loop.run_callback(self._wake)

    def wake_later(self) -> None:
        """Wake whoever waits in the hub's next turn."""
        if self._parked is not None:
            get_hub().loop.run_callback(self._wake)

    def _wake(self) -> None:
        parked, self._parked = self._parked, None
        if parked is not None:
            parked.switch()


class Stir(Parking):
    """Something happened that the call may wait for; it is woken only where what it waits for holds."""

    __slots__ = ("_closed", "_condition")

    def __init__(self) -> None:
        super().__init__()
        self._condition: Callable[[], bool] | None = None
        self._closed = False

    def wait(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until the condition holds, `close` is called or so many seconds have passed; whether it holds."""
        if condition():
            return True
        until = time.monotonic() + seconds
        self._condition = condition
        try:
            while not self._closed and (left := until - time.monotonic()) > 0:
                self.park(left)
                if condition():
                    return True
        finally:
            self._condition = None
        return False

    def set(self) -> None:
        """Something happened. In the hub or anywhere."""
        condition = self._condition
        if condition is not None and condition():
            self.wake()

    def close(self) -> None:
        """Nothing will happen any more."""
        self._closed = True
        self.wake_later()


class Pending(Parking):
    """An answer that will come. ``what`` names it in messages and never holds an argument."""

    __slots__ = ("_done", "_error", "_frame", "done", "what")

    def __init__(self, what: str) -> None:
        self._parked = None
        self.what = what
        self.done = False
        """True once the answer is there or cannot come any more."""
        self._frame: Frame | None = None
        self._error: FsAppError | CallEnded | None = None
        self._done: Callable[[], None] | None = None

    def on_done(self, callback: Callable[[], None]) -> None:
        """Call back once it is done, at once where it is. One callback, which must not wait."""
        if self.done:
            callback()
        else:
            self._done = callback

    def wait(self, seconds: float) -> Frame:
        """The answer. SwitchTimeout after so many seconds; CommandRefused; CallEnded."""
        if not self.done and seconds > 0:
            self.park(seconds)
        if self._frame is not None:
            return self._frame
        if self._error is not None:
            raise self._error
        raise SwitchTimeout(f"{self.what}: no answer within {seconds:g} s")

    def resolve(self, frame: Frame) -> None:
        """In the hub: the answer is there. Whatever comes after the first end is dropped."""
        if not self.done:
            self._frame = frame
            self._end()
            self.wake()

    def fail(self, error: FsAppError | CallEnded) -> None:
        """No answer will come: whoever waits gets this error, after whoever says so has finished."""
        if not self.done:
            self._error = error
            self._end()
            self.wake_later()

    def replied(self, frame: Frame) -> None:
        """The command's own reply has come: that is the answer."""
        if text := _refusal(frame):
            self.fail(CommandRefused(f"{self.what}: {text}"))
        else:
            self.resolve(frame)

    def _end(self) -> None:
        self.done = True
        callback, self._done = self._done, None
        if callback is not None:
            callback()


class Execution(Pending):
    """A running application. Its answer is the completion; the reply counts only where it is a refusal."""

    __slots__ = ("uuid",)

    def __init__(self, application: str) -> None:
        super().__init__(application)
        self.uuid = f"{_FIRST}-{next(_numbers):x}"

    def replied(self, frame: Frame) -> None:
        """The reply has come: only a refusal says anything."""
        if frame.kind is not Kind.DONE and (text := _refusal(frame)):
            self.fail(CommandRefused(f"{self.what}: {text}"))


def _refusal(frame: Frame) -> str | None:
    """What the switch says against it: ``-ERR`` and ``-USAGE``, in the head of a reply or the body of an answer."""
    if frame.kind is Kind.DONE:
        return None
    said = frame.body if frame.kind is Kind.ANSWER else REPLY_TEXT.find(frame.head) or b""
    if not said.startswith(b"-"):
        return None
    return said[:200].decode("utf-8", "replace").strip()
