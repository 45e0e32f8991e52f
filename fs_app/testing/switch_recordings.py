"""What hears a call on the simulated switch: its recordings, with the keys that can be heard in each of their files
as tones, and whoever listens otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import gevent

from fs_app.testing.switch_sentences import Sentence, write_sound

if TYPE_CHECKING:
    from fs_app.testing.switch_call import Call

_RECORDING, _DETECTOR = "session_record", "spandsp_dtmf_detect"
_MUTE = "audio", "mute"


@dataclass(slots=True)
class Recording:
    """One file: ``tones`` are the keys somebody hears who plays it; a masked one gets silence."""

    path: str
    masked: bool = False
    running: bool = True
    tones: str = ""
    sentence: Sentence | None = None


class Recordings:
    """The recordings of one channel, those that have ended included, and all else that hears it. ``obstinate`` are
    the orders that the switch refuses, a test may set them: ``mask`` and ``stop``; ``audio``, which silences the
    caller; ``mute`` is that too, but answered as if it were done, as the real one does."""

    def __init__(self, call: Call) -> None:
        self.all: list[Recording] = []
        self.obstinate: set[str] = set()
        self._listeners: list[tuple[str, str] | Recording] = []
        self._call = call

    def start(self, path: str, sentence: Sentence | None = None) -> None:
        """``record_session`` or ``uuid_record ... start``; one that runs already goes on. A ``sentence`` is written
        to its file and ends by itself; where its folder cannot be made there is none, and the call is told why."""
        if any(each.running and each.path == path for each in self.all):
            return
        if sentence is not None and not _writable(path):
            self._call.variables["record_completion_cause"] = "uri-failure"
            return
        recording = Recording(path, sentence=sentence)
        self.all.append(recording)
        self._listeners.append(recording)
        self._call.fire("RECORD_START", [("Record-File-Path", path), *(sentence.told if sentence else ())])
        self._announce(_RECORDING, path)
        if sentence is not None:
            gevent.spawn(lambda: self._end(recording, sentence.wait(self._call)))

    def listen(self, function: str, target: str = "N/A") -> None:
        """Another media bug: a detector, whoever listens. Only one of its kind."""
        if (function, target) not in self._listeners:
            self._listeners.append((function, target))
            self._announce(function, target)

    def leave(self, function: str, target: str = "N/A") -> None:
        """A media bug goes; harmless where it is not there."""
        if (function, target) in self._listeners:
            self._listeners.remove((function, target))
            own = [("Media-Bug-Function", function), ("Media-Bug-Target", target)]
            self._call.fire("MEDIA_BUG_STOP", own)

    def eavesdrop(self) -> None:
        """Somebody listens in from now on."""
        self.listen("eavesdrop", self._call.uuid)

    def eavesdrop_no_more(self) -> None:
        """Nobody listens in any more."""
        self.leave("eavesdrop", self._call.uuid)

    def audio(self, *words: str) -> str:
        """``uuid_audio``: ``start read mute -1`` silences the caller towards everybody else, ``stop`` undoes it.
        The real one answers ``+OK`` to whatever comes after ``start``."""
        if words != ("stop",) and (words[:1] != ("start",) or words == ("start",)):
            return "-USAGE: <uuid> [start [read|write] [mute|level <level>]|stop]\n"
        if "audio" in self.obstinate:
            return "-ERR Operation Failed\n"
        if words[0] == "stop":
            self.leave(*_MUTE)
        elif words[1:3] == ("read", "mute") and "mute" not in self.obstinate:
            self.listen(*_MUTE)
        return "+OK\n"

    @property
    def muted(self) -> bool:
        """Whether the caller is silenced towards whom the call is bridged with."""
        return _MUTE in self._listeners

    @property
    def deaf(self) -> bool:
        """Whether the detector of tones came after the silence, and hears nothing but that."""
        detectors = [index for index, one in enumerate(self._listeners) if one == (_DETECTOR, "N/A")]
        return self.muted and any(index > self._listeners.index(_MUTE) for index in detectors)

    def hear(self, tone: str) -> None:
        """A tone is on the line."""
        for each in self.all:
            if each.running and not each.masked:
                each.tones += tone

    def listing(self) -> str:
        """``uuid_buglist``."""
        bugs = [each if isinstance(each, tuple) else (_RECORDING, each.path) for each in self._listeners]
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
                # Events take a way of their own: the order is answered first.
                gevent.spawn(self._end, each, "success-maxtime")
        return "+OK Success\n"

    def _end(self, recording: Recording, cause: str) -> None:
        """A recording ends, for whatever reason comes first; its file is whole before its event goes out."""
        if not recording.running:
            return
        recording.running = False
        self._listeners.remove(recording)
        samples, told = 800, []
        if recording.sentence is not None:
            voice = 0.0 if recording.masked else self._call.mouth.seconds
            samples, told = write_sound(Path(recording.path), voice), recording.sentence.told
        self._call.variables |= {
            "record_file_size": str(2 * samples + 44),
            "record_samples": str(samples),
            "record_seconds": str(samples // 8000),
            "record_ms": str(samples // 8),
            "record_completion_cause": cause,
        }
        own = [("Record-File-Path", recording.path), *told, ("Record-Completion-Cause", cause)]
        self._call.fire("RECORD_STOP", own)

    def _announce(self, function: str, target: str) -> None:
        own = [("Media-Bug-Function", function), ("Media-Bug-Target", target)]
        self._call.fire("MEDIA_BUG_START", own)


def _writable(path: str) -> bool:
    """Whether the switch can make the folder of a file."""
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return True
