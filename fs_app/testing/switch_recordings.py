"""What the simulated switch records of a call: the keys that can be heard, as tones, in each of its files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fs_app.testing.switch_call import Call


@dataclass(slots=True)
class Recording:
    """One file: ``tones`` are the keys somebody hears who plays it; a masked one gets silence."""

    path: str
    masked: bool = False
    running: bool = True
    tones: str = ""


class Recordings:
    """The recordings of one channel, those that have ended included. ``obstinate`` are the orders, ``mask`` or
    ``stop``, that the switch refuses; a test may set them. ``listeners`` are other media bugs, e.g. eavesdrop."""

    def __init__(self, call: Call) -> None:
        self.all: list[Recording] = []
        self.obstinate: set[str] = set()
        self.listeners: list[str] = []
        self._call = call

    def start(self, path: str) -> None:
        """``record_session`` or ``uuid_record ... start``."""
        if self._running(path) is None:
            self.all.append(Recording(path))
            self._call.fire("RECORD_START", [("Record-File-Path", path)])

    def hear(self, tone: str) -> None:
        """A tone is on the line."""
        for each in self.all:
            if each.running and not each.masked:
                each.tones += tone

    def listing(self) -> str:
        """``uuid_buglist``."""
        bugs = [("session_record", each.path) for each in self.all if each.running]
        bugs += [(listener, "") for listener in self.listeners]
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
        chosen = [
            each for each in self.all if each.running and path in (each.path, "all" if order == "stop" else "")
        ]
        if not chosen or order in self.obstinate:
            return f"-ERR Cannot {'stop record' if order == 'stop' else f'{order} recording'} session!\n"
        for each in chosen:
            each.masked = {"mask": True, "unmask": False}.get(order, each.masked)
            if order == "stop":
                each.running = False
                self._call.fire("RECORD_STOP", [("Record-File-Path", each.path)])
        return "+OK Success\n"

    def _running(self, path: str) -> Recording | None:
        return next((each for each in self.all if each.running and each.path == path), None)
