"""The search for a card finds what it must, and takes times and counters for no card. Needs no FreeSWITCH."""

from __future__ import annotations

import pytest

from fs_app.proof.privacy import CANARY, CONTROL, Round
from fs_app.proof.search import keys_seen, runs, tracks, windows, without_noise, words

NUMBER = CANARY.number


@pytest.mark.parametrize(
    ("line", "keys"),
    [
        ("RTP RECV DTMF 3:800", "3"),
        ("x [INFO] switch_channel.c:516 RECV DTMF 7:2000", "7"),
        ("mod_spandsp_dsp.c:381 DTMF BEGIN DETECTED: [1]", "1"),
        ("variable_digits_dialed: 3714", "3714"),
        ("variable_last_matching_digits: 9", "9"),
        ("DTMF-Digit: 4", "4"),
        ("digits: 4", "4"),
        ("<digits_dialed>37</digits_dialed>", "37"),
        ('"digits_dialed":"37"', "37"),
    ],
)
def test_a_line_that_tells_a_key_is_found_by_its_meaning(line: str, keys: str) -> None:
    assert list(keys_seen(["first", line, "last"])) == [(keys, line)]


@pytest.mark.parametrize("line", ["variable_digits_dialed: none", "Event-Sequence: 37", "EXECUTE set(x=3)"])
def test_a_line_that_tells_no_key_is_not(line: str) -> None:
    assert not list(keys_seen([line]))


def test_single_keys_of_several_events_are_put_together() -> None:
    lines = [f"variable_last_matching_digits: {key}" for key in "#96"]
    assert runs([keys for keys, _ in keys_seen(lines)], CANARY) == ["96"]


def test_a_header_that_stands_in_many_events_is_one_key() -> None:
    assert [keys for keys, _ in keys_seen(["digits: 4", "Event-Name: X", "digits: 4"])] == ["4"]


def test_keys_that_are_no_neighbours_in_the_card_are_no_run() -> None:
    assert runs(["#", "1", "6"], CANARY) == []


@pytest.mark.parametrize("part", [NUMBER, NUMBER[3:7], f"{NUMBER[:4]} {NUMBER[4:8]}", CANARY.expiry, CANARY.code])
def test_four_digits_in_a_row_are_found(part: str) -> None:
    assert windows([without_noise(f"variable_x: <{part}>")], CANARY)


@pytest.mark.parametrize(
    "line",
    [
        f"2026-11-23 09:27:01.00{NUMBER[:4]} [INFO] switch_core.c:{NUMBER[:4]} ready",
        f"Event-Sequence: {NUMBER[:5]}",
        f"variable_rtp_audio_in_raw_bytes: {NUMBER[4:9]}",
        f"    <jitter_max_variance>{NUMBER[4:9]}.5</jitter_max_variance>",
        f'"session_id":"{NUMBER[4:9]}"',
        f"{NUMBER[:4]}1234-aaaa-bbbb-cccc-0123456789ab",
        f'"errorLog":[{{"start":1795453980228313,"stop":1.795453983{NUMBER[4:8]}e+15,"flaws":4}}]',
    ],
)
def test_times_counters_and_names_of_calls_are_taken_out(line: str) -> None:
    assert not windows([without_noise(line)], CANARY)


def test_a_line_that_follows_the_card_is_found_with_two_digits() -> None:
    ours, others = ["state 37 of x", "port 80"], ["state 40 of x", "port 80"]
    assert tracks(ours, others, CANARY, CONTROL) == ["state # of x: 37 with the one card, 40 with the other"]
    assert not tracks(["state 37 of x"], ["state 37 of x"], CANARY, CONTROL)


def test_spoken_digits_are_found_but_for_the_last_four() -> None:
    said = "/".join(f"/en/{name}.wav!" for name in ("three", "seven", "one", "four"))
    assert words([said], CANARY)
    assert not words(["/en/eight.wav!/en/four.wav!/en/three.wav!/en/one.wav"], CANARY)


def test_what_is_keyed_beside_the_card_cannot_be_taken_for_it() -> None:
    assert not set(CANARY.parts(2)) & set(CONTROL.parts(2))


def test_a_round_tells_where_it_found_what() -> None:
    mine = Round("a", CANARY, texts={"log": {"call": [f"x={NUMBER}"]}}, recordings={"call": (3.0, ["", "66371"])})
    assert {(find.search, find.where) for find in mine.finds()} == {("windows", "log"), ("tones", "recordings")}
