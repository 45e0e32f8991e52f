"""Every transcript in this folder, and after each a search for the card in every place it could have got to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from sqlalchemy import inspect

from fs_app.telephony import keypad
from fs_app.testing.transcript import Transcript, parse_transcript, read_transcript
from fs_app.testing.transcript_play import Differs

pytestmark = pytest.mark.in_seconds

FILES = sorted(Path(__file__).parent.glob("*.txt"))
TRANSCRIPTS = {file.stem: read_transcript(file) for file in FILES}

# Expiry dates and security codes that the transcripts key. They are too short for a plain search.
SHORT = ("0931", "0832", "987", "986", "9876")
DATES = ("09/31", "09/2031", "2031-09", "08/32", "08/2032", "2032-08")
ALONE = re.compile(rf"(?<![0-9A-Za-z.:%_-])(?:{'|'.join((*SHORT, *DATES))})(?![0-9A-Za-z.:%_-])")


def named(*names: str):
    return pytest.mark.parametrize("world", [TRANSCRIPTS[name] for name in names], ids=names, indirect=True)


def long_runs(transcript: Transcript) -> set[str]:
    """What was keyed of card numbers, whole or not."""
    keyed = (line.text for line in transcript.dialogue if line.sign.startswith(">>"))
    return {run for text in keyed for run in re.findall(r"[0-9]{8,}", text)}


def telling_parts(run: str) -> Iterator[str]:
    """Eight digits in a row, from anywhere in a number. Rows of zeros are in many a time and uuid: of a number that
    has
    little else all of it is looked for."""
    parts = [run[start : start + 8] for start in range(len(run) - 7)]
    yield from (part for part in parts if len(set(part)) > 2)
    if any(len(set(part)) <= 2 for part in parts):
        yield run


def leaks(transcript: Transcript, traces: Mapping[str, str]) -> Iterator[str]:
    """Where a card number, or a date or a code that stands alone, is found. The message does not hold it."""
    for place, text in traces.items():
        if any(part in text for run in long_runs(transcript) for part in telling_parts(run)):
            yield f"digits of a card number in the {place}"
        if place != "database" and (match := ALONE.search(text)):
            around = text[max(0, match.start() - 40) : match.start()]
            yield f"an expiry date or a security code in the {place}, after {around!r}"


def database_values(world) -> Iterator[tuple[str, str]]:
    """Every value of every table, as text."""
    tables = world.database.read(lambda connection: inspect(connection).get_table_names())
    for table in tables:
        rows = world.database.read(
            lambda connection, table=table: connection.exec_driver_sql(f"SELECT * FROM {table}").mappings().all()
        )
        for row in rows:
            yield from ((f"{table}.{column}", str(value)) for column, value in row.items())


@named(*TRANSCRIPTS)
def test_the_call_goes_as_written_and_leaves_no_card_behind(world) -> None:
    played = world.play()
    traces = {**world.traces(), "switch": played.overheard}
    assert "fs_app_calls_total" in traces["metrics"]
    assert "CHANNEL_HANGUP_COMPLETE" in traces["switch"]
    assert '"event": "call"' in traces["log"]
    assert list(leaks(world.transcript, traces)) == []
    held = [place for place, value in database_values(world) if value in (*SHORT, *DATES)]
    assert held == []


@named("paid_in_full")
def test_the_search_finds_what_a_careless_server_leaves(world, monkeypatch) -> None:
    """Without ``sensitive_dtmf`` the switch logs each key: the search is worth nothing where it misses that."""
    assert keypad.BEFORE == (("set", "sensitive_dtmf=true"), keypad.CLEAR)
    monkeypatch.setattr(keypad, "BEFORE", (keypad.CLEAR,))
    played = world.play()
    assert "digits of a card number in the switch" in list(leaks(world.transcript, {"switch": played.overheard}))


@pytest.mark.parametrize("kept", ["4012888888881881", "x40128888y", 'code="987"', "expiry: 0931", "09/2031"])
def test_the_search_finds_parts_and_short_secrets(kept: str) -> None:
    assert len(list(leaks(TRANSCRIPTS["paid_in_full"], {"log": kept}))) == 1


@pytest.mark.parametrize("harmless", ["401288 1881", "0.987", "2026-11-23T09:31:00", "id-0931-7f", "19870"])
def test_the_search_leaves_other_numbers_alone(harmless: str) -> None:
    assert list(leaks(TRANSCRIPTS["paid_in_full"], {"log": harmless})) == []


# --- a call that goes another way --------------------------------------------------------------------------------

BEGINNING = """
<< Thank you for calling. ...
<< Please key in your account number, ...
>> 10003#
<< Please key in your PIN.
>> 1234
"""


def otherwise(text: str):
    return parse_transcript(BEGINNING + text, "otherwise.txt")


@pytest.mark.parametrize(
    ("world", "written", "heard"),
    [
        (otherwise("<< This account is closed.\n== no payment"), "<< This account is", "<< You have nothing"),
        (otherwise("<< You have nothing to pay ...\n>> 1\n== no payment"), ">> 1", "<< To speak to a"),
        (otherwise("<< You have nothing to pay ...\n== no payment"), "(nothing more)", "<< To speak to a"),
        (otherwise("<< ...\n<< We are sorry. ...\n== no payment"), "<< We are sorry.", "(nothing more)"),
        (otherwise("<< ...\n== paid\n== hung up"), "== paid", "== no payment"),
        (otherwise("<< ...\n== no payment\n== agent payments"), "== agent payments", "== hung up"),
        (otherwise("<< ...\n== no payment"), "==", "== hung up"),
    ],
    indirect=["world"],
)
def test_a_difference_shows_both_dialogues(world, written: str, heard: str) -> None:
    with pytest.raises(Differs, match=r"otherwise\.txt: the call went another way") as raised:
        world.play()
    text = str(raised.value)
    marked = [line for line in text.splitlines() if line.startswith("!")]
    assert len(marked) == 1, text
    assert marked[0].startswith(f"! {written}"), text
    assert heard in marked[0][len("! ") + 50 :], text
    assert text.count("Thank you for calling.") >= 2, text
