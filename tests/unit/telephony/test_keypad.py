"""The keypad: what it sends to be told of keys, what it takes for one key, and that no key stays in the switch."""

from __future__ import annotations

import pytest

from fs_app.telephony import keypad
from fs_app.telephony.connect import ConnectInfo
from fs_app.telephony.keypad import LISTEN_INBAND, REPORT_AT_ONCE, Keypad, binding

UUID = "11112222-3333-4444-5555-666677778888"
EVENT = ConnectInfo(uuid=UUID, telephone_event=True)
TONES = ConnectInfo(uuid=UUID, telephone_event=False)
BOTH = ConnectInfo(uuid=UUID, telephone_event=True, line="inband")


class Session:
    """What a keypad needs of a session."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, str]] = []

    def on_keys(self, callback) -> None:
        self.press = callback

    def on_end(self, callback) -> None:
        pass

    def start_all(self, steps):
        self.steps += steps
        return [self]

    def wait(self, seconds: float) -> None:
        pass


@pytest.mark.parametrize(
    ("info", "steps"),
    [
        (EVENT, [("answer", ""), *binding(UUID)]),
        (TONES, [("answer", ""), *binding(UUID), *LISTEN_INBAND]),
        (BOTH, [*REPORT_AT_ONCE, ("answer", ""), *binding(UUID), *LISTEN_INBAND]),
    ],
)
def test_tones_are_listened_for_where_keys_cannot_come_otherwise(info, steps):
    session = Session()
    Keypad(session, info, on_key=lambda: None).open(("answer", ""), seconds=1.0)
    assert session.steps == steps


@pytest.mark.parametrize(
    ("info", "gap", "kept"),
    [(BOTH, 0.02, "47"), (BOTH, 0.099, "47"), (BOTH, 0.13, "4477"), (EVENT, 0.02, "4477"), (TONES, 0.02, "4477")],
)
def test_a_key_that_comes_as_tone_and_as_event_is_one_key(monkeypatch, info, gap, kept):
    now = [100.0]
    monkeypatch.setattr(keypad.time, "monotonic", lambda: now[0])
    session = Session()
    keys = Keypad(session, info, on_key=lambda: None)
    for key in "4477":
        session.press(key)
        now[0] += gap
    taken = "".join(keys.buffer.take() or "" for _ in range(len(keys)))
    assert taken == kept


def test_a_key_pressed_twice_is_two_keys_though_each_comes_twice(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(keypad.time, "monotonic", lambda: now[0])
    session = Session()
    keys = Keypad(session, BOTH, on_key=lambda: None)
    for at in (0.0, 0.04, 0.16, 0.2, 0.32):
        now[0] = 100.0 + at
        session.press("8")
    assert len(keys) == 3


def test_the_switch_is_told_once_to_forget_each_key():
    (bound,) = (argument for application, argument in binding(UUID) if application == "bind_digit_action")
    assert bound == f"keys,~[0-9*#],api:uuid_setvar,{UUID} last_matching_digits"
