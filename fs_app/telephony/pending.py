"""Answers that will come: replies to commands and completions of applications. Every wait has a deadline."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast
from uuid import uuid4

from gevent.event import AsyncResult

from fs_app.errors import CallEnded, CommandRefused, FsAppError, SwitchTimeout
from fs_app.telephony.headers import Frame


class Pending:
    """An answer that will come. ``what`` names it in messages and never holds an argument."""

    __slots__ = ("_result", "what")

    def __init__(self, what: str) -> None:
        self.what = what
        self._result: AsyncResult[Frame] = AsyncResult()

    @property
    def done(self) -> bool:
        """True once the answer is there or cannot come any more."""
        return bool(self._result.ready())

    def on_done(self, callback: Callable[[], None]) -> None:
        """Call back, in the hub, once it is done. The callback must not wait."""
        self._result.rawlink(lambda _: callback())

    def wait(self, seconds: float) -> Frame:
        """The answer. SwitchTimeout after so many seconds; CommandRefused; CallEnded."""
        if not self.done:
            self._result.wait(seconds)
        if not self.done:
            raise SwitchTimeout(f"{self.what}: no answer within {seconds:g} s")
        return cast(Frame, self._result.get())

    def resolve(self, frame: Frame) -> None:
        """The answer is there. Whatever comes after the first end is dropped."""
        if not self.done:
            self._result.set(frame)

    def fail(self, error: FsAppError | CallEnded) -> None:
        """No answer will come: whoever waits gets this error."""
        if not self.done:
            self._result.set_exception(error)

    def replied(self, frame: Frame) -> None:
        """The command's own reply has come: that is the answer."""
        if text := _refusal(frame):
            self.fail(CommandRefused(f"{self.what}: {text}"))
        else:
            self.resolve(frame)


class Execution(Pending):
    """A running application. Its answer is the completion; the reply counts only where it is a refusal."""

    __slots__ = ("uuid",)

    def __init__(self, application: str) -> None:
        super().__init__(application)
        self.uuid = str(uuid4())

    def replied(self, frame: Frame) -> None:
        """The reply has come: only a refusal says anything."""
        if text := _refusal(frame):
            self.fail(CommandRefused(f"{self.what}: {text}"))


def _refusal(frame: Frame) -> str | None:
    text = frame.header("Reply-Text") or ""
    if frame.content_type == b"api/response":
        text = frame.body[:200].decode("utf-8", "replace")
    return text.strip() if text.startswith("-") else None
