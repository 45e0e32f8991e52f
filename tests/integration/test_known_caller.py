"""A caller who has been here before: spoken to in their language and briefly, and never taken for anybody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fs_app.ports import KnownCaller
from fs_app.testing.switch import SimulatedSwitch, What, dialplan
from fs_app.testing.switch_call import Call
from fs_app.testing.transcript import Transcript
from tests.phones import DEADLINE, PAYING, Phone, until
from tests.world import World

CALLER = "15551230000"  # whoever dials on the simulated switch
remembering = pytest.mark.parametrize(
    "world", [Transcript("remembering", caller="15559990000", world={"known": "10001"})], indirect=True
)


@pytest.fixture(autouse=True)
def a_slow_database_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise who is known is taken for a stranger where the machine is slow."""
    monkeypatch.setattr("fs_app.store.callers._READ_SECONDS", DEADLINE)


@pytest.fixture
def switch(world: World) -> Iterator[SimulatedSwitch]:
    world.calls.start()
    with SimulatedSwitch(dialplan([f"127.0.0.1:{world.calls.server.port}"])) as made:
        yield made


@remembering
def test_the_second_call_is_shorter(world: World, switch: SimulatedSwitch) -> None:
    first = Phone(world, switch)
    first.go_on()
    assert "is complete" in first.heard
    until(lambda: world.calls.parts.callers.of(CALLER) == KnownCaller("en", "10001", 1))
    second = Phone(world, switch, {**PAYING, "enter_account_number_short": "10003#", "enter_pin_short": "1234"})
    second.go_on("for_a_person_or_end")
    assert second.said[:3] == [
        "Thank you for calling. To speak to a person, press 0.",
        "Your account number, then pound.",
        "Your PIN, please.",
    ]


ENGLISH, SPANISH = "Thank you for calling", "Gracias por llamar"


@remembering
@pytest.mark.parametrize(
    ("variables", "beginning"),
    [
        ({}, SPANISH),
        ({"fs_app_language": "en"}, ENGLISH),
        ({"fs_app_language": "en", "fs_app_flow": "by_language"}, SPANISH),
    ],
    ids=["the line has none", "the line has one", "the flow offers both"],
)
def test_the_language_of_the_last_time(
    world: World, switch: SimulatedSwitch, variables: dict[str, str], beginning: str
) -> None:
    world.calls.parts.remembered.prefers(CALLER, "es")
    until(lambda: world.calls.parts.callers.of(CALLER))
    call = switch.dial(stepped=True, variables=variables)
    assert _hear(world, call).startswith(beginning)
    if "fs_app_flow" in variables:
        call.hear_out()
        assert _hear(world, call).startswith("Para español, oprima")
        call.hear_out()
        assert _hear(world, call).startswith("For English, press")
        call.press("1")
        until(lambda: world.calls.parts.callers.of(CALLER) == KnownCaller("en"))


def _hear(world: World, call: Call) -> str:
    """What is said next."""
    while (happening := call.next(DEADLINE)).what is not What.PROMPT:
        pass
    return happening.spoken(world.voice.text_of)


def test_an_operator_who_wants_nobody_remembered(world: World, switch: SimulatedSwitch) -> None:
    Phone(world, switch).go_on()
    assert world.calls.parts.callers.of(CALLER) is None
    again = Phone(world, switch)
    again.go_on("enter_pin")
    assert again.said[0] == world.phrase("welcome")
