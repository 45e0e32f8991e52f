"""Callers on their way to an agent, in a talk, and back from one outlive the server that leads them, on a real
FreeSWITCH."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import gevent
import pytest
from caller import Caller
from canary import CARD
from house import RECORDED, House
from paymentsite import listens

from fs_app.domain.assist import AssistState
from fs_app.domain.handover import HandoverEnd
from fs_app.proof.tones import keys_in
from fs_app.testing.freeswitch_agents import TestAgent
from fs_app.testing.freeswitch_office import NEVER

pytestmark = pytest.mark.freeswitch

SOON = 7.0  # the switch waits for five seconds whether somebody is there for a caller whose talk is over


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house whose servers are the tests' own."""
    with House(tmp_path_factory.mktemp("house")) as house:
        yield house


@pytest.fixture
def doomed(house: House) -> Iterator[subprocess.Popen[bytes]]:
    """The first server, as a process that can be killed."""
    port = house.site.ports[0]
    command = [sys.executable, "-m", "fs_app", "--config", str(house.site.settings(port)), "calls"]
    log = house.site.folder / "calls.log"
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    house.waits_for(lambda: listens(port), log.read_text)
    yield process
    process.kill()
    process.wait()


def test_callers_outlive_a_server_that_is_killed_wherever_they_are(
    house: House, doomed: subprocess.Popen[bytes]
) -> None:
    maria, jane, joan, rose = (house.agent() for _ in range(4))
    talking, waiting, parked, back = (house.caller(agent) for agent in (maria, jane, joan, rose))
    jane.logs_in(answers=NEVER, leg_timeout=2)
    together(
        lambda: talking.talks_with(maria),
        lambda: waits(waiting),
        lambda: parked.talks_with(joan),
        lambda: back.talks_with(rose),
    )
    rose.hangs_up()
    back.hears("after_agent")
    back.press("2")
    back.hears("on_your_own", "pay_full")
    joan.hangs_up()
    parked.hears("after_agent")
    with house.server(1):
        doomed.kill()
        killed = time.monotonic()
        together(
            lambda: goes_on_at_once(back, "pay_full", killed),
            lambda: goes_on_at_once(parked, "after_agent", killed),
            lambda: goes_on_after_the_talk(talking, maria),
            lambda: goes_on_after_the_wait(house, waiting, jane.name),
        )


def test_a_caller_is_put_through_to_somebody_else_though_the_server_is_dead(
    house: House, doomed: subprocess.Popen[bytes]
) -> None:
    """Nobody comes for a caller who is with the next agent, or hears a telephone ring."""
    maria, jane, joan, rose = (house.agent() for _ in range(4))
    asked, sent = house.caller(maria), house.caller(joan)
    together(lambda: asked.talks_with(maria), lambda: sent.talks_with(joan))
    doomed.kill()
    with house.server(1):
        together(lambda: maria.calls(jane), lambda: joan.sends_to(rose, answers=SOON))
        maria.transfers_to(jane)
        together(jane.talks, rose.talks)
        together(lambda: asked.pauses(SOON), lambda: sent.pauses(SOON))
        together(
            lambda: goes_on_after_the_talk(asked, jane),
            lambda: goes_on_after_the_talk(sent, rose),
        )


def test_a_caller_who_was_silenced_in_a_payment_by_tones_is_heard_by_the_next_agent_though_no_server_is_left(
    house: House, doomed: subprocess.Popen[bytes]
) -> None:
    maria = house.agent()
    ann = house.caller(maria, tones=True)
    ann.talks_with(maria)
    ann.begins_a_card()
    assert "<function>audio</function>" in house.switch.api(f"uuid_buglist {ann.line}")
    doomed.kill()
    ann.pauses()
    assert maria.talking, "a talk needs no server"
    first = maria.telephone
    maria.hangs_up()
    ann.hears("technical_problem", "connecting_agent", seconds=SOON)

    def talks_again() -> bool:
        maria.rings()
        return maria.talking and maria.telephone != first

    house.waits_for(talks_again, lambda: "nobody took the call")
    ann.pauses()
    ann.press("58")
    ann.pauses()
    ann.hangs_up()
    maria.is_alone()
    assert keys_in(maria.heard) == ["58"]


def test_a_server_that_is_replaced_leaves_talks_alone_and_the_next_has_the_callers_after_them(house: House) -> None:
    maria, jane = house.agent(), house.agent()
    jane.logs_in(answers=NEVER, leg_timeout=2)
    with house.server(0) as leaving, house.server(1):
        ann, bob = house.caller(maria), house.caller(jane)
        together(lambda: ann.talks_with(maria), lambda: waits(bob))
        leaving.stop(successor=True)
        ann.pauses()
        assert maria.talking
        maria.hangs_up()
        ann.hears("after_agent", seconds=SOON)
        assert "one_moment" not in ann.heard, "nothing has failed"
        ann.is_over(HandoverEnd.TALKED)
        ann.press("2")
        ann.hears("on_your_own", "pay_full")
        ann.hangs_up()
        rose = house.agent()
        rose.logs_in(jane.name)
        rose.talks()
        rose.hangs_up()
        bob.hears("after_agent", seconds=SOON)
        bob.hangs_up()


def test_a_payment_is_ended_before_its_server_is_replaced_and_who_types_on_is_not_heard(house: House) -> None:
    maria = house.agent(RECORDED)
    with house.server(0) as leaving, house.server(1):
        ann = house.caller(maria, tones=True)
        ann.talks_with(maria)
        ann.begins_a_card()
        stopping = gevent.spawn(leaving.stop, successor=True)
        ann.press(CARD[6:])
        ann.hears("assist_stopped")
        ann.sees(AssistState.CANCELLED, "leaving")
        stopping.get()
        assert maria.talking
        ann.press("58")  # no secret, to somebody with whom the caller talks as before
        ann.pauses()
        maria.hangs_up()
        ann.hears("after_agent", seconds=SOON)
        ann.hangs_up()
    maria.is_alone()
    assert keys_in(maria.heard) == ["58"]
    for path in house.office.line_recordings(maria.name):
        assert set("".join(keys_in(path))) <= {"5", "8"}


def together(*acts: Callable[[], None]) -> None:
    """All at the same time, to their end."""
    running = [gevent.spawn(act) for act in acts]
    gevent.joinall(running)
    for each in running:
        each.get()


def waits(caller: Caller) -> None:
    caller.wants_a_person()
    caller.hears("queue_next")


def goes_on_at_once(caller: Caller, question: str, killed: float) -> None:
    caller.hears("one_moment", seconds=3)
    assert time.monotonic() - killed < 3
    caller.hears(question)
    caller.hangs_up()


def goes_on_after_the_talk(caller: Caller, agent: TestAgent) -> None:
    caller.pauses(2)
    assert agent.talking, "a talk needs no server"
    agent.hangs_up()
    caller.hears("one_moment", seconds=SOON)
    caller.hears("after_agent")
    caller.is_over(HandoverEnd.TALKED)
    caller.hangs_up()


def goes_on_after_the_wait(house: House, caller: Caller, queue: str) -> None:
    caller.pauses(2)
    assert caller.line in house.switch.api(f"callcenter_config queue list members {queue}@default"), (
        "still in the line"
    )
    agent = house.agent()
    agent.logs_in(queue)
    agent.talks()
    agent.hangs_up()
    caller.hears("one_moment", seconds=SOON)
    caller.hears("after_agent")
    caller.hangs_up()
