"""Servers that know where people are, a switch that leads to them, and callers who ask for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from fs_app.domain.assist import AssistView
from fs_app.domain.payment import PaymentState
from fs_app.settings.agents import AgentsSettings
from fs_app.telephony import recordings
from fs_app.testing.switch import Agents, SimulatedSwitch, What, dialplan
from fs_app.testing.switch_legs import Leg
from tests.phones import PAYING, Phone, until

ASKS = {**PAYING, "pay_full": "0"}  # for a person, once the balance is told
WAYS = {
    "callcenter": ({}, "payments"),
    "fifo": ({"way": "fifo", "target": "support"}, "fifo/support"),
    "extension": ({"way": "extension", "target": "201@pbx.example.org"}, "user/201@pbx.example.org"),
    "trunk": ({"way": "trunk", "target": "office/+15550100"}, "sofia/gateway/office/+15550100"),
}
PATIENT = Agents(after=0.0)


class Site:
    """Servers that know where people are, and the switch that leads to them."""

    def __init__(self, world, way: str, *, agents: Agents = PATIENT, servers: int = 1, **settings: object) -> None:
        destination, key = WAYS[way]
        own = {"destinations": {"payments": destination} if destination else {}, **settings}
        adapted = world.settings.model_copy(update={"agents": AgentsSettings.model_validate(own)})
        self.world = world
        self.servers = [world.server(adapted) for _ in range(servers)]
        for server in self.servers:
            server.start()
        hosts = [f"127.0.0.1:{server.server.port}" for server in self.servers]
        self.switch = SimulatedSwitch(dialplan(hosts), agents={key: agents}, log_level="info")

    def talk(self, *, inband: bool = False) -> tuple[Phone, Leg]:
        """A caller who is known and asked for a person talks with one."""
        phone = Phone(self.world, self.switch, ASKS, inband=inband)
        phone.go_on()
        phone.call.wait_for(What.AGENT)
        until(lambda: sum(server.server.talking for server in self.servers) == 1 and phone.call.agent.followed)
        return phone, phone.call.agent

    @property
    def desk(self):
        return self.servers[-1].parts.desk_view

    def handover(self, phone: Phone):
        """The newest hand-over of that call, as the console reads it."""
        return self.desk.handovers_of(phone.call.uuid)[-1]

    def assisted(self, phone: Phone) -> AssistView | None:
        """The newest assisted payment of that call."""
        records = self.desk.assists_of([phone.call.uuid])
        return records[-1].view if records else None

    @property
    def paid(self) -> list[PaymentState]:
        return [payment.state for payment in self.world.payments()]

    def kill(self) -> None:
        """The first server dies without a word."""
        first = self.servers[0]
        first.server._listener.stop()
        for session in tuple(first.server._sessions):
            session.end("killed")

    def close(self) -> None:
        self.switch.close()
        for server in self.servers:
            server.stop()


def sites(world, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Site]]:
    """What opens them in a test, and closes them after it; recordings hear again soon."""
    monkeypatch.setattr(recordings, "UNMASK_SECONDS", 0.05)
    opened: list[Site] = []

    def open_site(way: str = "callcenter", **settings) -> Site:
        opened.append(Site(world, way, **settings))
        return opened[-1]

    yield open_site
    for each in opened:
        each.close()


def to_the_end(phone: Phone) -> None:
    """The agent hangs up, and the caller wants nothing else."""
    phone.call.agent_hangs_up()
    phone.go_on()
    assert phone.call.history[-1].what is What.HUNG_UP
