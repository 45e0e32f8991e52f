"""The console's way to mod_callcenter: what is told, what comes of it, and what never reaches a switch."""

from __future__ import annotations

from collections.abc import Iterator

import gevent
import pytest
from gevent import socket
from gevent.server import StreamServer

from fs_app.ports.switchboard import AgentSeen, AgentStatus, SwitchAnswer
from fs_app.telephony.switchboard import EventSocketSwitchboard
from tests.inbound import InboundSocket

PASSWORD = "ClueCon"
SET_BREAK = "callcenter_config agent set status maria@default 'On Break'"
LIST = "callcenter_config agent list"
HEAD = "name|instance_id|uuid|type|contact|status|state|max_no_answer\n"


@pytest.fixture
def switch() -> Iterator[InboundSocket]:
    switch = InboundSocket(PASSWORD)
    gevent.sleep(0)  # the hub's clock stood still while the tests were collected, and deadlines count from it
    yield switch
    switch.stop()


@pytest.fixture
def second() -> Iterator[InboundSocket]:
    switch = InboundSocket(PASSWORD)
    yield switch
    switch.stop()


@pytest.fixture
def silent() -> Iterator[tuple[str, int]]:
    """A switch that takes a connection and never says a word."""

    def hold(sock: socket.socket, address: object) -> None:
        sock.recv(1)

    server = StreamServer(("127.0.0.1", 0), hold)
    server.start()
    yield "127.0.0.1", int(server.server_port)
    server.stop(timeout=0)


def board(
    *switches: InboundSocket | tuple[str, int], password: str | None = PASSWORD, seconds: float = 5.0
) -> EventSocketSwitchboard:
    addresses = [each if isinstance(each, tuple) else address_of(each) for each in switches]
    return EventSocketSwitchboard(addresses, password, seconds=seconds)


def address_of(switch: InboundSocket) -> tuple[str, int]:
    host, _, port = switch.address.partition(":")
    return host, int(port)


def test_a_status_is_told_in_quotes_and_done_where_the_switch_says_so(switch: InboundSocket) -> None:
    switch.answers[SET_BREAK] = "+OK\n"
    assert board(switch).set_status("maria@default", AgentStatus.ON_BREAK) is SwitchAnswer.DONE


def test_without_a_password_no_switch_is_asked() -> None:
    nobody = board(("127.0.0.1", 1), password=None)
    assert nobody.set_status("maria@default", AgentStatus.AVAILABLE) is SwitchAnswer.NOT_ASKED
    assert nobody.agents() is None


@pytest.mark.parametrize(
    "name", ["maria", "maria@default 'x'", "maria@default\nbgapi system id", "${x}@default", "'@default", ""]
)
def test_a_name_of_another_pattern_reaches_no_switch(switch: InboundSocket, name: str) -> None:
    switch.answers[f"callcenter_config agent set status {name} 'Available'"] = "+OK\n"
    assert board(switch).set_status(name, AgentStatus.AVAILABLE) is SwitchAnswer.REFUSED


def test_an_agent_whom_one_switch_does_not_have_is_set_where_they_are(
    switch: InboundSocket, second: InboundSocket
) -> None:
    switch.answers[SET_BREAK] = "+OK\n"
    second.answers[SET_BREAK] = "-ERR Agent not found!\n"
    assert board(switch, second).set_status("maria@default", AgentStatus.ON_BREAK) is SwitchAnswer.DONE
    assert board(second).set_status("maria@default", AgentStatus.ON_BREAK) is SwitchAnswer.UNKNOWN_AGENT


def test_a_switch_that_is_silent_costs_its_deadline_and_not_the_others_answer(
    switch: InboundSocket, silent: tuple[str, int]
) -> None:
    switch.answers[SET_BREAK] = "+OK\n"
    with gevent.Timeout(10.0):
        answer = board(switch, silent, seconds=1.5).set_status("maria@default", AgentStatus.ON_BREAK)
        assert answer is SwitchAnswer.PARTLY
        alone = board(silent, seconds=0.3)
        assert alone.set_status("maria@default", AgentStatus.ON_BREAK) is SwitchAnswer.UNREACHABLE


def test_what_a_switch_refuses_is_told_as_refused(switch: InboundSocket) -> None:
    switch.answers[SET_BREAK] = "-ERR Invalid Agent Status!\n"
    assert board(switch).set_status("maria@default", AgentStatus.ON_BREAK) is SwitchAnswer.REFUSED


def test_a_wrong_password_is_a_switch_that_does_not_answer(switch: InboundSocket) -> None:
    assert board(switch, password="wrong").agents() is None


def test_agents_are_those_of_every_switch_by_name_as_the_busiest_sees_them(
    switch: InboundSocket, second: InboundSocket
) -> None:
    switch.answers[LIST] = (
        f"{HEAD}maria@default|single_box||callback|user/1|Available|Waiting|3\n"
        "omar@default|single_box||callback|user/2|On Break|Waiting|3\n+OK\n"
    )
    second.answers[LIST] = f"{HEAD}maria@default|single_box||callback|user/1|Available|In a queue call|3\n+OK\n"
    expected = [
        AgentSeen("maria@default", "Available", "In a queue call"),
        AgentSeen("omar@default", "On Break", "Waiting"),
    ]
    assert board(switch, second).agents() == expected
    assert board(second, switch).agents() == expected


def test_an_agent_who_is_called_on_one_telephone_after_the_other_is_seen_as_they_are(switch: InboundSocket) -> None:
    contact = "[leg_timeout=9]user/1|sofia/gateway/office/1"
    switch.answers[LIST] = f"{HEAD}maria@default|single_box||callback|{contact}|On Break|Waiting|3\n+OK\n"
    assert board(switch).agents() == [AgentSeen("maria@default", "On Break", "Waiting")]


def test_a_list_without_agents_is_empty(switch: InboundSocket) -> None:
    switch.answers[LIST] = "+OK\n"
    assert board(switch).agents() == []
