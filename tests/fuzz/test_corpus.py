"""Everything a fuzzer ever found worth keeping, once more; and what hypothesis thinks of."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fs_app.domain.destination import Destination, Way
from fs_app.telephony import commands
from tests.fuzz.targets import HOSTILE, TARGETS

CORPUS = Path(__file__).parent / "corpus"
PIECES = st.sampled_from(
    [b"Content-Type: ", b"command/reply\n", b"text/event-plain\n", b"api/response\n", b"Content-Length: ", b"12\n"]
    + [b"\n\n", b"Event-Name: CHANNEL_HANGUP\n", b"key: x\ndigits: 4\n\n", b"Unique-ID: ", b"%0A", b"${system(x)}"]
    + [b"text/disconnect-notice\n", b"-ERR no\n\n", b"variable_fs_app_flow: ", b"99999999999\n", b"\xe2\x80\xa8"]
)
WIRE = st.lists(st.one_of(PIECES, st.binary(max_size=12)), max_size=24).map(b"".join)


# Text of ours round an argument, with signs that are found nowhere else: the options of a recording between encoded
# braces, and the quotes or bars of a small dialplan that goes along with a transfer.
_AFTER_A_TALK = re.compile(r"\^\^\|(?=unset:fs_app_pause,sched_transfer:)|\|inline$")
_FRAMES = {
    "record_session": re.compile(r"%7B[A-Z_=a-z0-9,]*%7D$"),
    "set": _AFTER_A_TALK,
    "uuid_setvar": _AFTER_A_TALK,
    "uuid_transfer": re.compile(r"^[A-Za-z0-9-]+ 'sleep:300,transfer:|' inline$"),
}


@pytest.mark.parametrize("name", TARGETS)
def test_what_was_kept_breaks_nothing(name: str) -> None:
    kept = sorted((CORPUS / name).iterdir())
    assert len(kept) >= 10
    for file in kept:
        try:
            TARGETS[name](file.read_bytes())
        except Exception as error:
            raise AssertionError(f"{file.name}: {error!r}") from error


@pytest.mark.parametrize("name", TARGETS)
@settings(deadline=None, max_examples=60)
@given(data=WIRE)
def test_hostile_text_breaks_nothing(name: str, data: bytes) -> None:
    TARGETS[name](data)


@pytest.mark.parametrize("table", [commands.APPLICATIONS, commands.APIS, commands._PLAIN])
@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_no_pattern_of_the_gate_lets_anything_hostile_through(table: dict[str, str], data: st.DataObject) -> None:
    """Over the whole tables: what is added to them is tested by itself."""
    verb = data.draw(st.sampled_from(sorted(table)))
    argument = data.draw(st.from_regex(table[verb], fullmatch=True))
    plain = _FRAMES[verb].sub("", argument) if verb in _FRAMES else argument
    assert not HOSTILE.search(plain), verb
    for hostile in ("\n", "\r", "\0", "${x}", "'", ";", "%", "\u2028", "\n\n"):
        place = data.draw(st.integers(0, len(argument)))
        with pytest.raises(commands.UnsafeArgument):
            commands.gate(table, verb, argument[:place] + hostile + argument[place:])


@pytest.mark.parametrize("application", ["originate", "transfer", "execute_extension", "system", "lua", "park"])
def test_nothing_that_dials_or_runs_a_program_is_in_the_tables(application: str) -> None:
    """Whoever adds a dial string makes it of a validated number, and says so here; one has: `bridge`."""
    assert application not in commands.APPLICATIONS | commands.APIS


@pytest.mark.parametrize(
    "argument",
    [
        *("sofia/internal/201@pbx.example.org", "sofia/external/+15550100@carrier.example.org", "loopback/201"),
        *("user/201", "user/201@a@b", "user/201@pbx,user/202@pbx", "user/201@pbx|user/202@pbx", "group/sales@pbx"),
        *(
            "sofia/gateway/office/201@elsewhere.example.org",
            "sofia/gateway/office/sip:201",
            "sofia/gateway/office/",
        ),
        *(
            "sofia/gateway/office/+15550100:_:user/1@pbx",
            "[x=1]user/201@pbx",
            "{x=1}user/201@pbx",
            "<x=1>user/201@pbx",
        ),
        *("pickup/1", "error/USER_BUSY", "verto.rtc/201@pbx", "null", "", "user/", "sofia/gateway/office/1"),
    ],
)
def test_a_dial_string_is_a_telephone_or_a_number_behind_a_gateway(argument: str) -> None:
    """Made of the settings alone, by `commands.way_to`."""
    with pytest.raises(commands.UnsafeArgument):
        commands.execute("bridge", argument)


@pytest.mark.parametrize(
    ("way", "target", "argument"),
    [
        (Way.EXTENSION, "201@pbx.example.org", "user/201@pbx.example.org"),
        (Way.TRUNK, "office/+15550100", "sofia/gateway/office/+15550100"),
    ],
)
def test_the_dial_strings_of_the_settings_pass(way: Way, target: str, argument: str) -> None:
    step = commands.way_to(Destination("payments", way, target))
    assert step == ("bridge", argument)
    assert f"execute-app-arg: {argument}\n".encode() in commands.execute(*step)[1]
