"""The simulated switch held to the real one: the application's side of recorded transcripts is replayed to it."""

from __future__ import annotations

import pytest

from fs_app.testing.switch import Agents, SimulatedSwitch, What

pytest.register_assert_rewrite("tests.replaying")

from tests.replaying import RECORDED, SPEED, Application, Replay  # noqa: E402

# Not simulated, because the package uses none of it.
NOT_SIMULATED = {"play_and_get_digits"}
ON_TWO_SOCKETS = {
    "server_death_1_first_server",
    "server_death_2_next_server",
    "scheduled_transfer_1_first_server",
    "scheduled_transfer_2_next_server",
}
ON_ONE_SOCKET = sorted({path.stem for path in RECORDED.glob("*.jsonl")} - NOT_SIMULATED - ON_TWO_SOCKETS)
LONG_TALK = (
    60 / SPEED
)  # ended by a person, not by its length: order has to come from the switch, not from the clock
EXTENSIONS = {
    "agents": [("answer", ""), ("set", "fifo_music=silence_stream://-1"), ("fifo", "payments in")],
    "other": [("playback", "tone_stream://%(1500,0,440)"), ("hangup", "")],
}
SOMEBODY = Agents(after=0.02, talk=LONG_TALK)


def agents(name: str) -> dict[str, Agents]:
    """Who was there. Where the recording tells what the queue says, the replay lets them do it."""
    told = name.startswith(("queue", "scheduled"))
    names = () if name == "queue_wait" else ("maria@default", "omar@default")
    away = ("away@default",) if name == "queue_ring" else ()
    return {
        "payments": Agents(
            after=None if told else 0.14,
            talk=LONG_TALK,
            names=names,
            away=away,
            ahead=1 if name == "queue_ring" else 0,
        ),
        "fifo/payments": Agents(after=None, talk=LONG_TALK),
        "sofia/internal/agentsim@127.0.0.1:5080": SOMEBODY,
        "sofia/internal/test_agent_20000@127.0.0.1:5080": SOMEBODY,
        "sofia/internal/nobody@127.0.0.1:5999": Agents(answer=False, after=0.02, cause="NORMAL_TEMPORARY_FAILURE"),
        "sofia/internal/busy@127.0.0.1:5080": Agents(answer=False, after=0.02, cause="USER_BUSY"),
        "sofia/internal/ring@127.0.0.1:5080": Agents(answer=False, after=1.5, cause="NO_ANSWER"),
    }


@pytest.mark.parametrize("name", ON_ONE_SOCKET)
def test_answers_are_those_of_the_recorded_switch(name: str) -> None:
    application = Application()
    with SimulatedSwitch(
        [("socket", f"{application.host} async full"), ("hangup", "")],
        speed=SPEED,
        agents=agents(name),
        extensions=EXTENSIONS,
        log_level="info",
    ) as switch:
        call = switch.dial("15551230000", name=" true" if "hostile" in name else "Jane", inband="inband" in name)
        application.accept()
        Replay(name, application, call).run()


def test_a_call_outlives_its_server_on_the_next_host() -> None:
    first, second = Application(), Application()
    hosts = f"{first.host}|{second.host} async full"
    plan = [("set", "socket_resume=true"), ("set", "continue_on_fail=true"), ("socket", hosts), ("socket", hosts)]
    with SimulatedSwitch(plan, speed=SPEED) as switch:
        call = switch.dial("15551230000")
        first.accept()
        first.listener.close()
        Replay("server_death_1_first_server", first, call).run()
        second.accept()
        Replay("server_death_2_next_server", second, call).run()
        assert [h.detail for h in call.history if h.what is What.CONNECTED] == [first.host, second.host]
        assert call.wait_for(What.FALLBACK).detail == f"socket {hosts}"


def test_a_scheduled_transfer_brings_a_call_to_another_application_and_the_first_one_stays_on_the_line() -> None:
    first = Application()
    second = Application(first.listener)
    plan = [("socket", f"{first.host} async full")]
    with SimulatedSwitch(plan, speed=SPEED, agents=agents("scheduled")) as switch:
        call = switch.dial("15551230000")
        first.accept()
        before, after = (
            Replay(f"scheduled_transfer_{name}", application, call)
            for name, application in (("1_first_server", first), ("2_next_server", second))
        )
        begun = next(
            m for m in before.messages if "Channel-State: CS_EXECUTE" in m["text"] and "_PARK" in m["text"]
        )
        steps = [(float(m["t"]), before, number) for number, m in enumerate(before.messages)]
        steps += [(float(m["t"]) + float(begun["t"]), after, number) for number, m in enumerate(after.messages)]
        for _, replay, number in sorted(steps, key=lambda step: step[0]):
            if (replay, number) == (after, 0):
                second.accept()
            if "PLAYBACK%20ERROR" in str(replay.messages[number].get("text")):
                call.schedule.come_due()
            replay.step(number)
