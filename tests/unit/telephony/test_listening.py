"""Listening in: what the switches are told, what comes of it, and what never reaches one."""

from __future__ import annotations

import re
from collections.abc import Iterator

import gevent
import pytest

from fs_app.errors import StoreUnavailable
from fs_app.ports.listening import ListenAnswer
from fs_app.telephony.listening import EventSocketListening
from tests.inbound import InboundSocket

PASSWORD, SAM = "ClueCon", "sam@default"
CALL, LEG = "11112222-3333-4444-5555-666677778888", "aaaa2222-3333-4444-5555-666677778888"
HAS_LEG, KNOWS_SAM = f"uuid_exists {LEG}", f"callcenter_config agent list {SAM}"
HEAD = "name|instance_id|contact|status\n"
CONTACT = "[leg_timeout=10]user/201@pbx.example.org"
RINGING = re.compile(
    rf"originate \{{fs_app_listens={CALL},origination_uuid=([0-9a-f-]{{36}}),originate_timeout=20,"
    rf"ignore_early_media=true,eavesdrop_enable_dtmf=false,origination_caller_id_name=fs_app\}}"
    rf"{re.escape(CONTACT)} &eavesdrop\({LEG}\)"
)


@pytest.fixture
def switch() -> Iterator[InboundSocket]:
    """It has the call, and knows Sam."""
    switch = InboundSocket(PASSWORD)
    switch.answers[HAS_LEG] = "true"
    switch.answers[KNOWS_SAM] = f"{HEAD}{SAM}|single_box|{CONTACT}|Logged Out\n+OK\n"
    switch.otherwise = lambda command: f"+OK {LEG}\n" if command.startswith("originate ") else "-ERR no\n"
    gevent.sleep(0)
    yield switch
    switch.stop()


@pytest.fixture
def second() -> Iterator[InboundSocket]:
    """It has not."""
    switch = InboundSocket(PASSWORD)
    switch.answers[HAS_LEG] = "false"
    yield switch
    switch.stop()


def begin(*switches: InboundSocket, leg=LEG, agent=SAM, password=PASSWORD, allowed=lambda: True) -> ListenAnswer:
    addresses = [("127.0.0.1", int(each.address.rpartition(":")[2])) for each in switches]
    return EventSocketListening(addresses, password, seconds=5.0).begin(CALL, leg, agent, allowed)


def test_the_telephone_rings_at_the_switch_that_has_the_call(switch: InboundSocket, second: InboundSocket) -> None:
    assert begin(second, switch) is ListenAnswer.RINGS
    assert RINGING.fullmatch(switch.asked[-1])
    assert second.asked == [HAS_LEG]


def test_telephones_that_ring_one_after_the_other_do_so_here_too(switch: InboundSocket) -> None:
    both = f"{CONTACT}|[leg_timeout=5]user/202@pbx.example.org"
    switch.answers[KNOWS_SAM] = f"{HEAD}{SAM}|single_box|{both}|Logged Out\n+OK\n"
    assert begin(switch) is ListenAnswer.RINGS
    assert switch.asked[-1].endswith(f"}}{both} &eavesdrop({LEG})")


def refuses() -> bool:
    return False


def nobody_knows() -> bool:
    raise StoreUnavailable("gone")


@pytest.mark.parametrize("allowed", [refuses, nobody_knows])
def test_who_answers_when_it_is_not_allowed_any_more_is_hung_up(switch: InboundSocket, allowed) -> None:
    assert begin(switch, allowed=allowed) is ListenAnswer.RINGS
    ringing = RINGING.fullmatch(switch.asked[-2])
    assert ringing is not None
    assert switch.asked[-1] == f"uuid_kill {ringing[1]}"


def test_a_telephone_that_refuses_is_told_as_that(switch: InboundSocket) -> None:
    switch.otherwise = lambda command: "-ERR USER_NOT_REGISTERED\n"
    assert begin(switch) is ListenAnswer.REFUSED


def test_a_telephone_that_rings_for_long_is_not_waited_for(switch: InboundSocket) -> None:
    def ring(command: str) -> str:
        gevent.sleep(20)
        return "-ERR NO_ANSWER\n"

    switch.otherwise = ring
    with gevent.Timeout(10):
        assert begin(switch) is ListenAnswer.RINGS


@pytest.mark.parametrize(
    "listed",
    [
        "+OK\n",
        f"{HEAD}+OK\n",
        f"{HEAD}{SAM}|single_box||Available\n+OK\n",
        f"{HEAD}{SAM}|single_box|${{sofia_contact(201)}}|Available\n+OK\n",
        f"{HEAD}{SAM}|single_box|user/201 &system(id)|Available\n+OK\n",
        f"{HEAD}{SAM}|single_box|{{x=y}}user/201|Available\n+OK\n",
    ],
)
def test_who_has_no_telephone_that_we_understand_cannot_listen(switch: InboundSocket, listed: str) -> None:
    switch.answers[KNOWS_SAM] = listed
    assert begin(switch) is ListenAnswer.NO_TELEPHONE
    assert not any(command.startswith("originate") for command in switch.asked)


def test_a_leg_that_no_switch_has_is_no_talk(second: InboundSocket) -> None:
    assert begin(second) is ListenAnswer.NO_TALK


@pytest.mark.parametrize(
    "named", [{"leg": f"{LEG}\nbgapi system id"}, {"leg": ""}, {"agent": "sam 'x'"}, {"agent": "${x}@default"}]
)
def test_what_is_of_another_pattern_reaches_no_switch(switch: InboundSocket, named) -> None:
    assert begin(switch, **named) is ListenAnswer.NO_TALK
    assert switch.asked == []


def test_no_way_to_a_switch(switch: InboundSocket) -> None:
    assert begin(switch, password=None) is ListenAnswer.NOT_ASKED
    assert begin(switch, password="wrong") is ListenAnswer.UNREACHABLE
