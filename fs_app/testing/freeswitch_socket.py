"""Everything that a second client of FreeSWITCH's event socket can overhear."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from gevent.event import Event

from fs_app.telephony.headers import Frame, decode_value
from fs_app.telephony.inbound import EventSocket


class Overheard:
    """All events and log lines of the switch, kept. ``stir`` is set whenever one is added."""

    def __init__(self) -> None:
        self.events: list[Frame] = []
        self.log: list[Frame] = []
        self._waiters: list[Event] = []

    def listen(self, client: EventSocket) -> None:
        """Take all events of all channels, and the log at the level of the switch."""
        client.follow(self.add, "event plain ALL", "log DEBUG")

    def add(self, frame: Frame) -> None:
        """Keep what came."""
        kind = frame.content_type
        if kind == b"text/event-plain":
            self.events.append(frame)
        elif kind == b"log/data":
            self.log.append(frame)
        for waiter in self._waiters:
            waiter.set()

    def wait_for(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until the condition holds, looking at it after each event; False after so many seconds."""
        stir, until = Event(), time.monotonic() + seconds
        self._waiters.append(stir)
        try:
            while not condition():
                left = until - time.monotonic()
                if left <= 0 or not stir.wait(left):
                    return condition()
                stir.clear()
            return True
        finally:
            self._waiters.remove(stir)

    def text(self, *, without: Sequence[str] = ()) -> str:
        """Everything, its values decoded, but what belongs to one of these channels."""
        marks = [uuid.encode("ascii") for uuid in without]
        kept = [
            frame
            for frame in (*self.events, *self.log)
            if not any(mark in frame.head or mark in frame.body for mark in marks)
        ]
        return "\n".join(decode_value(line) for frame in kept for line in frame.body.split(b"\n"))
