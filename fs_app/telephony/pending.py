"""Answers that will come: replies to commands and completions of applications. Every wait has a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable

from fs_app.errors import CallEnded, CommandRefused, FsAppError, SwitchTimeout
from fs_app.telephony.headers import REPLY_TEXT, Frame, Kind
from fs_app.telephony.waiting import Seat


class Pending:
    """An answer that will come. ``what`` names it in messages and never holds an argument; ``seat`` is where the
    call's greenlet waits. Another one that waits meanwhile brings its own."""

    __slots__ = ("_callback", "_error", "_frame", "_seat", "_waited", "done", "what")

    def __init__(self, what: str, seat: Seat) -> None:
        self.what = what
        self.done = False
        """True once the answer is there or cannot come any more."""
        self._seat = seat
        self._waited = False
        self._frame: Frame | None = None
        self._error: FsAppError | CallEnded | None = None
        self._callback: Callable[[], None] | None = None

    def on_done(self, callback: Callable[[], None]) -> None:
        """Call back once it is done, at once where it is. One callback, which must not wait."""
        if self.done:
            callback()
        else:
            self._callback = callback

    def wait(self, seconds: float) -> Frame:
        """The answer. SwitchTimeout after so many seconds; CommandRefused; CallEnded."""
        if not self.done:
            self._wait(seconds)
        if self._frame is not None:
            return self._frame
        if self._error is not None:
            raise self._error
        raise SwitchTimeout(f"{self.what}: no answer within {seconds:g} s")

    def resolve(self, frame: Frame) -> None:
        """In the hub: the answer is there. Whatever comes after the first end is dropped."""
        if not self.done:
            self._frame = frame
            self.done = True
            if self._callback is not None:
                self._call_back()
            if self._waited:
                self._seat.wake()

    def fail(self, error: FsAppError | CallEnded) -> None:
        """No answer will come: whoever waits gets this error, after whoever says so has finished."""
        if not self.done:
            self._error = error
            self.done = True
            if self._callback is not None:
                self._call_back()
            if self._waited:
                self._seat.wake_later()

    def replied(self, frame: Frame) -> None:
        """The command's own reply has come: that is the answer."""
        if text := _refusal(frame):
            self.fail(CommandRefused(f"{self.what}: {text}"))
        else:
            self.resolve(frame)

    def _wait(self, seconds: float) -> None:
        call = self._seat
        self._seat = call.of_mine()
        self._waited = True
        until = time.monotonic() + seconds
        try:
            while not self.done and seconds > 0:
                self._seat.sit(seconds)
                seconds = until - time.monotonic()
        finally:
            self._waited = False
            if self._seat is not call:
                self._seat.close()

    def _call_back(self) -> None:
        callback, self._callback = self._callback, None
        if callback is not None:
            callback()


class Execution(Pending):
    """A running application. Its answer is the completion; the reply counts only where it is a refusal."""

    __slots__ = ()

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
