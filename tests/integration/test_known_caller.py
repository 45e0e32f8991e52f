"""A caller who has been here before: spoken to in their language and briefly, and never taken for anybody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fs_app.ports import KnownCaller
from fs_app.testing.switch import SimulatedSwitch, What, dialplan
from fs_app.testing.transcript import Transcript
from tests.phones import DEADLINE, PAYING, Phone, until
from tests.world import World

CALLER = "15551230000"  # whoever dials on the simulated switch
remembering = pytest.mark.parametrize(
    "world", [Transcript("remembering", caller="15559990000", world={"known": "10001"})], indirect=True
)


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


@remembering
@pytest.mark.parametrize(("fixed", "beginning"), [(None, "Gracias por llamar"), ("en", "Thank you for calling")])
def test_the_language_of_the_last_time_unless_the_line_has_one_of_its_own(
    world: World, fixed: str | None, beginning: str
) -> None:
    world.calls.parts.remembered.prefers(CALLER, "es")
    until(lambda: world.calls.parts.callers.of(CALLER))
    world.calls.start()
    host = f"127.0.0.1:{world.calls.server.port}"
    variables = {} if fixed is None else {"fs_app_language": fixed}
    with SimulatedSwitch(dialplan([host])) as switch:
        call = switch.dial(stepped=True, variables=variables)
        while (happening := call.next(DEADLINE)).what is not What.PROMPT:
            pass
        assert happening.spoken(world.voice.text_of).startswith(beginning)


def test_an_operator_who_wants_nobody_remembered(world: World, switch: SimulatedSwitch) -> None:
    Phone(world, switch).go_on()
    assert world.calls.parts.callers.of(CALLER) is None
    again = Phone(world, switch)
    again.go_on("enter_pin")
    assert again.said[0] == world.phrase("welcome")
