"""While the doctor finds something critical at the running switch, callers are asked for no card."""

from __future__ import annotations

import pytest

from fs_app.app import watch
from fs_app.app.watch import SwitchWatch
from fs_app.doctor.finding import Finding, Severity
from fs_app.settings import Settings
from fs_app.testing.switch import SimulatedSwitch, dialplan
from tests.inbound import DIALPLAN, InboundSocket
from tests.phones import PAYING, Phone, until

RESUMES = "socket_resume=true"


@pytest.fixture
def inbound():
    made = InboundSocket("secret")
    yield made
    made.stop()


def watched(settings: Settings, inbound: InboundSocket, password: str = "secret") -> Settings:
    switch = {"event_socket": inbound.address, "password": password}
    return settings.model_copy(update={"switch": type(settings.switch).model_validate(switch)})


def test_a_caller_is_told_before_a_card_is_keyed_and_pays_when_it_is_mended(world, inbound, monkeypatch) -> None:
    monkeypatch.setattr(watch, "PAUSE_SECONDS", 0.05)
    inbound.answers["xml_locate dialplan"] = DIALPLAN.replace(RESUMES, "x=y")
    calls = world.server(watched(world.settings, inbound))
    calls.start()
    ready = calls.parts.cashier.ready
    until(lambda: not ready())
    with SimulatedSwitch(dialplan([f"127.0.0.1:{calls.server.port}"])) as switch:
        phone = Phone(world, switch)
        phone.go_on()
        assert world.phrase("cards_unavailable") in phone.said
        assert phone.queue == "payments@default"
        assert world.log.getvalue().count('"check": "socket_resume"') == 1
        inbound.answers["xml_locate dialplan"] = DIALPLAN
        until(ready)
        phone = Phone(world, switch, PAYING)
        phone.go_on()
        assert "is complete" in phone.heard
    calls.stop()
    assert "the switch is well again" in world.log.getvalue()


def test_a_switch_that_cannot_be_asked_is_as_it_was(world, inbound, monkeypatch) -> None:
    monkeypatch.setattr(watch, "PAUSE_SECONDS", 0.02)
    inbound.answers["xml_locate dialplan"] = DIALPLAN.replace(RESUMES, "x=y")
    seen: list[int] = []
    looking = SwitchWatch(watched(world.settings, inbound), told=seen.append)
    looking.start()
    until(lambda: not looking.well())
    inbound.stop()
    looks = len(seen)
    looking.stop()
    again = SwitchWatch(watched(world.settings, inbound, "wrong"))
    again.start()
    again.stop()
    assert (looks, looking.well(), again.well()) == (1, False, True)


def test_without_a_password_nothing_is_looked_at(world) -> None:
    def look(settings: Settings) -> list[Finding]:
        raise AssertionError

    looking = SwitchWatch(world.settings, look=look)
    looking.start()
    assert looking.well()
    looking.stop()


def test_what_is_told(world, inbound) -> None:
    finding = Finding("core_dumps", Severity.CRITICAL, "the switch writes core files", "memory", "dump-cores=no")
    looking = SwitchWatch(watched(world.settings, inbound), look=lambda settings: [finding])
    looking.start()
    until(lambda: not looking.well())
    looking.stop()
    assert '"change": "dump-cores=no"' in world.log.getvalue()
