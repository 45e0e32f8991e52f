"""What hears a call on the simulated switch: its recordings, with the keys that can be heard in each of their files
as tones, and whoever listens otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import gevent

if TYPE_CHECKING:
    from fs_app.testing.switch_call import Call

_RECORDING = "session_record"
_STOPPED = {
    "record_file_size": "1644",
    "record_samples": "800",
    "record_seconds": "0",
    "record_ms": "100",
    "record_completion_cause": "success-maxtime",
}


@dataclass(slots=True)
class Recording:
    """One file: ``tones`` are the keys somebody hears who plays it; a masked one gets silence."""

    path: str
    masked: bool = False
    running: bool = True
    tones: str = ""


class Recordings:
    """The recordings of one channel, those that have ended included. ``obstinate`` are the orders, ``mask`` or
    ``stop``, that the switch refuses; a test may set them."""

    def __init__(self, call: Call) -> None:
        self.all: list[Recording] = []
        self.obstinate: set[str] = set()
        self._listeners: list[str | Recording] = []
        self._call = call

    def start(self, path: str) -> None:
        """``record_session`` or ``uuid_record ... start``; one that runs already goes on."""
        if not any(each.running and each.path == path for each in self.all):
            self.all.append(Recording(path))
            self._listeners.append(self.all[-1])
            self._call.fire("RECORD_START", [("Record-File-Path", path)])
            self._announce(_RECORDING, path)

    def listen(self, function: str) -> None:
        """Another media bug: a detector, an eavesdropper. Only one of its kind."""
        if function not in self._listeners:
            self._listeners.append(function)
            self._announce(function, "N/A")

    def hear(self, tone: str) -> None:
        """A tone is on the line."""
        for each in self.all:
            if each.running and not each.masked:
                each.tones += tone

    def listing(self) -> str:
        """``uuid_buglist``."""
        bugs = [(each, "N/A") if isinstance(each, str) else (_RECORDING, each.path) for each in self._listeners]
        text = "".join(
            f" <media-bug>\n  <function>{function}</function>\n  <target>{target}</target>\n"
            "  <thread-locked>0</thread-locked>\n </media-bug>\n"
            for function, target in bugs
        )
        return f"<media-bugs>\n{text}</media-bugs>\n"

    def obey(self, order: str, path: str) -> str:
        """``uuid_record``: start, mask, unmask or stop."""
        if order == "start":
            self.start(path)
            return "+OK Success\n"
        running = [each for each in self.all if each.running]
        chosen = [each for each in running if path == each.path or (order, path) == ("stop", "all")]
        if not chosen or order in self.obstinate:
            return f"-ERR Cannot {order} record{'' if order == 'stop' else 'ing'} session!\n"
        for each in chosen:
            each.masked = {"mask": True, "unmask": False}.get(order, each.masked)
            if order == "stop":
                each.running = False
                self._listeners.remove(each)
                self._call.variables |= _STOPPED
                # Events take a way of their own: the order is answered first.
                own = [("Record-File-Path", each.path), ("Record-Completion-Cause", "success-maxtime")]
                gevent.spawn(self._call.fire, "RECORD_STOP", own)
        return "+OK Success\n"

    def _announce(self, function: str, target: str) -> None:
        own = [("Media-Bug-Function", function), ("Media-Bug-Target", target)]
        self._call.fire("MEDIA_BUG_START", own)
