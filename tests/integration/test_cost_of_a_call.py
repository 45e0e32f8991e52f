"""What a whole paying call costs on the event socket, counted: no clock tells as surely that something crept in."""

from __future__ import annotations

import gc
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest

from fs_app.telephony import commands, headers
from fs_app.telephony.headers import Frame, Header
from fs_app.telephony.session import Session
from fs_app.telephony.waiting import Seat
from fs_app.testing.switch import SimulatedSwitch, What, dialplan
from tests.phones import PAYING, Phone
from tests.world import ROOT, World

ASKER = re.compile(r"fs_app/(?:steps/(\w+)|telephony/(keypad))\.py$")


class Counting:
    """Counts what the sessions of this process write, read, look up and wait for."""

    def __init__(self, patch: pytest.MonkeyPatch, sounds: Path) -> None:
        self._sounds = str(sounds)
        self.commands: Counter[str] = Counter()
        self.bytes: Counter[str] = Counter()
        self.verbs: Counter[str] = Counter()
        self.subscription: list[str] = []
        self.said: list[str] = []
        self.uuid = ""
        self.events = self.replies = self.wakes = self.decoded = 0
        self.lookups: Counter[str] = Counter()
        self._patch = patch
        self._before(Session, "_write", self._written)
        self._before(Session, "_take_event", self._event)
        self._before(Session, "_take_reply", self._reply)
        self._before(Seat, "sit", self._wake)
        for name in ("find", "find_last"):
            self._before(Header, name, self._lookup)
        decode = headers.decode_value
        patch.setattr(headers, "decode_value", lambda raw: self._decode() or decode(raw))

    def _before(self, owner: type, name: str, note: Any) -> None:
        method = getattr(owner, name)

        def noted(*args: Any, **more: Any) -> Any:
            note(*args)
            return method(*args, **more)

        self._patch.setattr(owner, name, noted)

    def _written(self, _session: Session, data: bytes, _pending: Any) -> None:
        asker, text = asker_on_stack(), data.decode().replace(self._sounds, "/sounds")
        if text.startswith("linger"):
            self.subscription = text.split("\n\n")[:-1]
        for command in text.split("\n\n")[:-1]:
            application = re.search(r"execute-app-name: (\w+)", command)
            verb = application[1] if application else command.removeprefix("api ").split()[0]
            self.verbs[verb] += 1
            if verb != "uuid_break":  # one that came before the prompt began is said again
                self.commands[asker] += 1
                self.bytes[asker] += len(command) + 2

    def _event(self, _session: Session, frame: Frame) -> None:
        self.events += 1

    def _reply(self, _session: Session, frame: Frame) -> None:
        self.replies += 1

    def _wake(self, *_: Any) -> None:
        self.wakes += 1

    def _lookup(self, _header: Header, block: bytes) -> None:
        self.lookups["large" if len(block) > 1000 else "small"] += 1

    def _decode(self) -> None:
        self.decoded += 1


def asker_on_stack() -> str:
    """The step that writes, ``keypad`` for the hub that has a key forgotten, ``call`` for what frames the call."""
    frame = sys._getframe()
    while frame is not None:
        if found := ASKER.search(frame.f_code.co_filename):
            return found[1] or found[2]
        frame = frame.f_back
    return "call"


def documented() -> dict[str, tuple[int, int]]:
    """Commands and bytes by step, as the page lists them."""
    page = (ROOT / "docs" / "performance.md").read_text()
    section = page.split("\n## Commands of a paying call\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \|[^|]+\| (\d+) \| ([\d,]+) \|$", section, re.MULTILINE)
    return {step: (int(count), int(size.replace(",", ""))) for step, count, size in rows}


@pytest.fixture
def garbage() -> Iterator[list[object]]:
    """What is left in circles, whole with all they hold, once Python is told to collect. What is older than this is
    not looked at: an earlier test may let go of its world only now."""
    gc.collect()
    gc.disable()
    gc.freeze()
    gc.set_debug(gc.DEBUG_SAVEALL)
    yield gc.garbage
    gc.set_debug(0)
    gc.unfreeze()
    gc.enable()
    gc.garbage.clear()


@pytest.fixture
def counted(world: World, monkeypatch: pytest.MonkeyPatch) -> Counting:
    """A whole paying call, the balance in full, with everything counted."""
    world.calls.start()
    with SimulatedSwitch(dialplan([f"127.0.0.1:{world.calls.server.port}"])) as switch:
        counting = Counting(monkeypatch, world.settings.sounds)
        phone = Phone(world, switch)
        phone.go_on()
        counting.said, counting.uuid = phone.said, phone.call.uuid
    assert phone.call.history[-1].what is What.HUNG_UP
    assert "is complete" in phone.heard
    return counting


def test_the_commands_of_each_step_are_those_of_the_page(counted: Counting) -> None:
    listed = documented()
    assert counted.commands == {step: count for step, (count, _) in listed.items()}
    for step, (_, size) in listed.items():  # an amount, a date and a number are said in more or fewer files
        assert 0.6 * size < counted.bytes[step] <= size, (step, counted.bytes[step])


def test_a_sentence_is_one_command(counted: Counting) -> None:
    assert counted.verbs["playback"] == len(counted.said)
    assert any(len(re.findall("[.?!]", sentence)) > 1 for sentence in counted.said), "and so are several"


def test_few_events_are_asked_for_and_no_other_calls(counted: Counting) -> None:
    assert counted.subscription == [
        "linger 10",
        "filter Unique-ID " + counted.uuid,
        "event plain CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP CHANNEL_UNBRIDGE MEDIA_BUG_START",
        "divert_events on",
    ]
    applications = sum(counted.verbs[name] for name in commands.APPLICATIONS)
    keys = sum(map(len, PAYING.values()))
    assert counted.events <= applications + keys + len(["the caller's own hang-up"])


def test_the_call_is_woken_by_its_last_key_and_not_by_each(counted: Counting) -> None:
    once_each = counted.verbs["playback"] + counted.verbs["uuid_break"] + counted.verbs["uuid_buglist"]
    others = len(["the connect reply", "the subscription", "the keypad", "the charge", "the hang-up"])
    assert counted.wakes <= once_each + others < counted.events


def test_no_event_is_parsed_as_a_whole(counted: Counting) -> None:
    """A completion has 200 headers. We look for its uuid, and for what became of a prompt."""
    completions = counted.events - sum(map(len, PAYING.values()))
    of_the_connect_reply, of_the_hangup = 6, 3
    assert counted.lookups["large"] <= 2 * completions + of_the_connect_reply + of_the_hangup
    assert counted.decoded <= counted.events + of_the_connect_reply


OF_A_CALL = re.compile(r"(fs_app\.(flow|steps|telephony|gateways\.braintree)|xml|braintree|greenlet)\b")


def test_a_call_leaves_nothing_to_collect(world: World, garbage: list[object]) -> None:
    """While garbage is collected every call waits."""
    world.calls.start()
    with SimulatedSwitch(dialplan([f"127.0.0.1:{world.calls.server.port}"])) as switch:
        phone = Phone(world, switch)
        phone.go_on()
        assert "is complete" in phone.heard
        gevent.sleep(0.2)
        gc.collect()
    left = Counter(f"{type(each).__module__}.{type(each).__name__}" for each in garbage)
    assert [name for name in left if OF_A_CALL.match(name)] == []
