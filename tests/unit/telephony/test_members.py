"""A caller's place and who is on duty, from what FreeSWITCH 1.10.12 printed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fs_app.ports import Place
from fs_app.telephony.members import place_of, waiting_in

FIRST, SECOND = "fd275e6e-14f0-4686-8a20-774d79253fbb", "eb3fb4c4-969f-4cdb-b4a6-50a45f9cbec1"
MEMBERS = (
    "queue|instance_id|uuid|session_uuid|cid_number|cid_name|system_epoch|joined_epoch|rejoined_epoch|bridge_epoch|"
    "abandoned_epoch|base_score|skill_score|serving_agent|serving_system|state|score\n"
)
RINGING = (
    f"payments@default|single_box|c3a3f366-c349-49b2-b0b0-68c173f32268|{FIRST}|15551230000|Jane|"
    "1796043886|1796043887|0|0|0|1|0|maria@default|single_box|Trying|2\n"
)
WAITING = (
    f"payments@default|single_box|a1d0c5f0-c94d-4893-9f4d-f57357c79ed0|{SECOND}|15551230000|Jane|"
    "1796043887|1796043887|0|0|0|0|0|||Waiting|1\n"
)
GONE = (
    "payments@default|single_box|54866edc-0cac-4f14-87e3-6799f8b1f27e||15551230000|Jane|"
    "1796042454|1796042455|0|0|1796042458|1|0|||Abandoned|20\n"
)
TALKS = (
    "payments@default|single_box|b0000000-0000-4000-8000-000000000001|a0000000-0000-4000-8000-000000000001|1555|Joe|"
    "1796043800|1796043800|0|1796043850|0|0|0|omar@default|single_box|Answered|90\n"
)
AGENTS = (
    "name|instance_id|uuid|type|contact|status|state|max_no_answer|wrap_up_time|reject_delay_time|busy_delay_time|"
    "no_answer_delay_time|last_bridge_start|last_bridge_end|last_offered_call|last_status_change|no_answer_count|"
    "calls_answered|talk_time|ready_time|external_calls_count\n"
    "maria@default|single_box||callback|[leg_timeout=1]sofia/internal/ring@127.0.0.1:5080|Available|Receiving|"
    "0|0|1|1|30|0|0|1796043887|1796043886|0|0|0|0|0\n"
    "omar@default|single_box||callback|[leg_timeout=5]sofia/internal/busy@127.0.0.1:5080|Available|Waiting|"
    "0|0|1|30|1|0|0|1796043887|1796043886|0|0|0|1796043917|0\n"
    "away@default|single_box||callback||On Break|Waiting|0|0|0|0|0|0|0|0|1796043886|0|0|0|0|0\n"
    "+OK\n"
)


def members(*rows: str) -> str:
    return MEMBERS + "".join(rows) + "+OK\n"


def member(session: str, joined: int, *, base: int = 0, name: str = "Jane", state: str = "Waiting") -> str:
    return f"q@default|single_box|m-{session}|{session}|1555|{name}|{joined}|{joined}|0|0|0|{base}|0|||{state}|1\n"


def test_two_callers_wait_and_two_agents_are_on_duty() -> None:
    listing = members(RINGING, WAITING)
    assert place_of(FIRST, listing, AGENTS) == Place(1, 2)
    assert place_of(SECOND, listing, AGENTS) == Place(2, 2)
    assert waiting_in(listing) == 2


def test_who_left_or_talks_is_before_nobody() -> None:
    listing = members(GONE, TALKS, WAITING)
    assert place_of(SECOND, listing, AGENTS) == Place(1, 2)
    assert waiting_in(listing) == 1


def test_who_does_not_wait_there_has_no_place() -> None:
    talking = "a0000000-0000-4000-8000-000000000001"
    assert place_of("elsewhere", members(RINGING, WAITING), AGENTS) is None
    assert place_of(talking, members(TALKS), AGENTS) is None
    assert place_of("", members(GONE), AGENTS) is None


@pytest.mark.parametrize("listing", ["+OK\n", "", "+OK", "-ERR no such queue\n", MEMBERS, MEMBERS + "+OK\n"])
def test_an_empty_queue_and_one_that_does_not_exist_say_as_much(listing) -> None:
    assert place_of(FIRST, listing, AGENTS) is None
    assert waiting_in(listing) == 0


@pytest.mark.parametrize("agents", ["+OK\n", "", "name|instance_id\n+OK\n"])
def test_a_queue_without_agents_has_nobody_on_duty(agents) -> None:
    assert place_of(FIRST, members(RINGING), agents) == Place(1, 0)


def test_who_joined_first_is_served_first_in_whatever_order_they_are_told() -> None:
    rows = [member("third", 130), member("first", 110), member("second", 120)]
    listing = members(*rows)
    assert [place_of(who, listing, AGENTS).number for who in ("first", "second", "third")] == [1, 2, 3]


def test_a_base_score_is_as_good_as_having_joined_earlier() -> None:
    listing = members(member("early", 100), member("late", 160, base=90))
    assert place_of("late", listing, AGENTS) == Place(1, 2)
    assert place_of("early", listing, AGENTS) == Place(2, 2)


def test_who_joined_in_the_same_second_is_before_nobody() -> None:
    listing = members(member("one", 100), member("other", 100))
    assert {place_of(who, listing, AGENTS).number for who in ("one", "other")} == {1}


HOSTILE = [
    "a|b",
    "|" * 20,
    "x|Waiting|1",
    f"x|{SECOND}|y",
    "x\u2028q@default|single_box|m|evil|1555|Eve|1|1|0|0|0|0|0|||Waiting|1",
    "x\x0bq@default|single_box|m|evil|1555|Eve|1|1|0|0|0|0|0|||Waiting|1",
    "x\x85q@default|single_box|m|evil|1555|Eve|1|1|0|0|0|0|0|||Waiting|1",
    "+OK",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_callers_name_says_nothing_of_the_line(name) -> None:
    listing = members(member("before", 100), member("hostile", 110, name=name), member("after", 120))
    assert [place_of(who, listing, AGENTS).number for who in ("before", "hostile", "after")] == [1, 2, 3]
    assert place_of("evil", listing, AGENTS) is None
    assert waiting_in(listing) == 3


@given(st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"])))
def test_no_name_moves_anybody(name: str) -> None:
    listing = members(member("before", 100), member("hostile", 110, name=name), member("after", 120))
    assert [place_of(who, listing, AGENTS).number for who in ("before", "hostile", "after")] == [1, 2, 3]


def test_an_agents_telephones_say_nothing_of_their_status() -> None:
    row = "maria@default|single_box||callback|user/1@pbx|user/2@pbx|{}|Waiting|0|0|1|1|30|0|0|0|0|0|0|0|0|0\n"
    header = AGENTS.partition("\n")[0] + "\n"
    assert place_of("a", members(member("a", 1)), header + row.format("Available")) == Place(1, 1)
    assert place_of("a", members(member("a", 1)), header + row.format("Logged Out")) == Place(1, 0)


def test_an_agent_on_demand_is_on_duty() -> None:
    agents = AGENTS.replace("|On Break|", "|Available (On Demand)|")
    assert place_of(FIRST, members(RINGING), agents) == Place(1, 3)


@given(st.text(), st.text())
def test_no_listing_breaks_anything(listing: str, agents: str) -> None:
    place_of(FIRST, listing, agents)
    waiting_in(listing)


def test_times_that_are_no_numbers_break_nothing() -> None:
    listing = members(member("odd", 1).replace("|1|1|", "|x|y|"), member("other", 100))
    assert place_of("other", listing, AGENTS) == Place(2, 2)
