"""The form of a transcript: what is read, what is refused and where, and which words match."""

from __future__ import annotations

import pytest

from fs_app.errors import ConfigError
from fs_app.testing.transcript import matches, parse_transcript, read_transcript

CALL = """\
# A remark.
caller: +14155550101
line: flow=pay_balance
line: queue=payments
gateway: drop_after_commit

<< Thank you
   for calling.
>>! 12*#
>> (silence)
>> (hangs up)
== no payment
== caller hung up
"""


def test_a_transcript_is_read() -> None:
    call = parse_transcript(CALL, "a.txt")
    assert (call.file, call.caller) == ("a.txt", "+14155550101")
    assert call.variables == {"fs_app_flow": "pay_balance", "fs_app_queue": "payments"}
    assert call.world == {"gateway": "drop_after_commit"}
    assert [str(line) for line in call.dialogue] == [
        "<< Thank you for calling.",
        ">>! 12*#",
        ">> (silence)",
        ">> (hangs up)",
    ]
    assert [line.text for line in call.results] == ["no payment", "caller hung up"]
    assert [line.number for line in (*call.dialogue, *call.results)] == [7, 9, 10, 11, 12, 13]


def test_a_file_is_named_in_its_problems(tmp_path) -> None:
    file = tmp_path / "call.txt"
    file.write_text("<< Hello\n")
    with pytest.raises(ConfigError, match=r"call\.txt:1:1: the end is missing"):
        read_transcript(file)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "t: the end is missing"),
        ("hello\n== x", "t:1:1: 'hello' is no line of a transcript; a header is one of caller, "),
        ("colour: red\n== x", "t:1:1: 'colour: red' is no line of a transcript"),
        ("gateway: sleepy\n== x", "t:1:10: gateway cannot be 'sleepy'"),
        ("<< a\ncaller: 123\n== x", "t:2:1: the header 'caller' has to stand before the dialogue"),
        ("<< a\n>> 12a\n== x", "t:2:1: '12a' cannot be keyed"),
        ("<< a\n>>\n== x", "t:2:1: nothing follows >>"),
        (">>! 1\n== x", "t:1:1: `>>!` is keyed while a prompt plays"),
        ("<< a\n>> 1\n>>! 1\n== x", "t:3:1: `>>!` is keyed while a prompt plays"),
        ("<< a\n== x\n<< b\n== y", "t:3:1: the dialogue is over"),
        ("<< ...\n>> 1\n== x", "t:2:1: write the prompt that is answered"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, problem: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parse_transcript(text, "t")
    assert str(raised.value).startswith(problem)


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(ConfigError) as raised:
        parse_transcript("gateway: x\n<< a\n>> b\n", "t")
    assert [problem.line for problem in raised.value.problems] == [1, 3, 3]


@pytest.mark.parametrize(
    ("expected", "heard"),
    [
        ("Your balance is forty-two dollars, due on ...", "Your balance is forty-two dollars due on May first"),
        ("...", "anything at all"),
        ("... goodbye.", "Thank you for calling. Goodbye."),
        ("Your card's code", "your CARD'S code."),
        ("One ... four", "One four"),
    ],
)
def test_words_match_without_commas_and_capitals(expected: str, heard: str) -> None:
    assert matches(expected, heard)


@pytest.mark.parametrize(
    ("expected", "heard"),
    [
        ("Your balance is", "Your balance is nothing"),
        ("Good", "Goodbye"),
        ("... bye", "Goodbye"),
        ("One ... two ... three", "One three two"),
        ("It costs 1.50", "It costs 15 0"),
    ],
)
def test_other_words_do_not_match(expected: str, heard: str) -> None:
    assert not matches(expected, heard)
