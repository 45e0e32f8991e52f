"""Where a call goes on after a person, in its flow and at another server."""

from __future__ import annotations

from dialogue import IDENTIFY
from helping import (
    AFTER,
    HOLD,
    TRANSFERRING,
    order,
    scene,
    whole_call,
)

from fs_app.flow.checkpoint import Checkpoint
from fs_app.ports import (
    OrderKind,
)
from fs_app.testing.fakes import FakeCheckpoints
from fs_app.testing.fakes_person import talks


def test_sent_to_pay_the_caller_is_asked_for_the_card() -> None:
    call = whole_call(*IDENTIFY, "1", "0", people=[talks(order(OrderKind.SEND_TO, target="pay"))])
    assert " operator:sent card:" in call.journal.path


def test_sent_to_pay_a_stranger_begins_with_who_they_are() -> None:
    call = whole_call("0", "12345678#", people=[talks(order(OrderKind.SEND_TO, target="pay"))])
    assert "operator:sent welcome:done identity:" in call.journal.path


def test_sent_to_a_step_the_caller_is_there() -> None:
    call = whole_call(*IDENTIFY, "1", "0", people=[talks(order(OrderKind.SEND_TO, target="amount"))])
    assert " operator:sent amount:" in call.journal.path


def test_sent_to_a_step_that_not_all_is_known_for_the_caller_is_at_the_last_one_before_it() -> None:
    call = whole_call(*IDENTIFY, "0", people=[talks(order(OrderKind.SEND_TO, target="confirm"))])
    assert " operator:sent amount:" in call.journal.path


def test_back_in_self_service_the_caller_is_where_they_were() -> None:
    call = whole_call(*IDENTIFY, "0", people=[talks(order(OrderKind.SEND_TO, target="self_service"))])
    assert " amount:agent operator:self_service amount:" in call.journal.path


def test_in_another_queue_the_caller_waits_again_and_hears_so() -> None:
    people = [talks(order(OrderKind.TRANSFER, target="support")), talks()]
    call = whole_call("0", people=people)
    assert call.phone.handed_over == ["payments", "support"]
    assert " operator:sent operator:talked " in f"{call.journal.path} "
    assert HOLD in call.said and TRANSFERRING in call.said
    assert call.desk.handovers[2].queue == "support"


def test_after_a_transfer_the_next_person_is_one_of_the_lines_own_queue() -> None:
    people = [talks(order(OrderKind.TRANSFER, target="support")), talks(), talks()]
    call = whole_call("0", "2", "0", people=people)
    assert call.phone.handed_over == ["payments", "support", "payments"]


def test_who_wants_another_person_gets_one_of_the_same_queue() -> None:
    call = whole_call("0", "0", people=[talks(), talks()])
    assert call.phone.handed_over == ["payments", "payments"]


def test_a_caller_who_goes_round_in_circles_is_not_handed_over_for_ever() -> None:
    call = whole_call("0", *["0"] * 40, people=[talks() for _ in range(60)])
    assert len(call.phone.handed_over) < 60


# --- another server ---


def test_a_talk_that_another_server_led_to_is_over() -> None:
    call = scene("2", people=[], within={"handover": "1", "talked": "yes"}, handed=1)
    assert call.outcome == "self_service"
    assert call.told == ["1 ended: talked"]
    assert call.phone.handed_over == []
    assert AFTER in call.said[0]


def test_the_switch_says_that_they_talked_while_no_server_had_the_call() -> None:
    call = scene(people=[], within={"handover": "1"}, talked=True, handed=1)
    assert (call.outcome, call.told) == ("talked", ["1 ended: talked"])


def test_who_waited_as_the_server_died_waits_again() -> None:
    call = scene(people=[talks()], within={"handover": "1"}, handed=1)
    assert call.told[0] == "1 ended: lost"
    assert call.told[1] == "2 opened for payments"
    assert call.outcome == "talked"


def test_who_waited_in_another_queue_as_the_server_died_waits_there_again() -> None:
    call = scene(people=[talks()], within={"handover": "1", "transferred": "support"}, handed=1)
    assert call.phone.handed_over == ["support"]
    assert call.said[0] == TRANSFERRING


def test_what_was_not_written_down_is_not_ended() -> None:
    call = scene(people=[talks()], within={"handover": "0"}, desk_down=True)
    assert call.outcome == "talked"


def test_where_the_call_is_is_kept_before_the_line_and_as_they_talk() -> None:
    kept: list[dict[str, str]] = []

    class Kept(FakeCheckpoints):
        def commit(self, uuid: str, text: str) -> bool:
            checkpoint = Checkpoint.read(text)
            assert checkpoint is not None
            if checkpoint.step == "operator":
                kept.append(checkpoint.within)
            return super().commit(uuid, text)

    whole_call("0", people=[talks()], checkpoints=Kept())
    assert kept == [{}, {"handover": "1"}, {"handover": "1", "talked": "yes"}]


def test_the_queue_of_a_transfer_is_kept_too() -> None:
    kept: list[tuple[str, str]] = []

    class Kept(FakeCheckpoints):
        def commit(self, uuid: str, text: str) -> bool:
            checkpoint = Checkpoint.read(text)
            assert checkpoint is not None
            kept.append((checkpoint.queue, checkpoint.within.get("transferred", "")))
            return super().commit(uuid, text)

    whole_call("0", people=[talks(order(OrderKind.TRANSFER, target="support")), talks()], checkpoints=Kept())
    assert [each for each in kept if any(each)] == [("support", ""), ("", "support"), ("", "support")]
