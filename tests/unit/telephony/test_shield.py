"""The shield's own rules: what it does, what it takes for a proof, and what it says where there is none."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from fs_app.domain.keys import KeyBuffer
from fs_app.errors import CallEnded, CommandRefused, NotProtected, SwitchTimeout
from fs_app.telephony.recordings import MediaBug
from fs_app.telephony.shield import Shield

UUID = "11112222-3333-4444-5555-666677778888"
MUTE = MediaBug("audio", "mute")


@dataclass
class Line:
    """Stands in for a session and its keypad; ``fails`` are raised where what they are named after is done."""

    fails: dict[str, Exception] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    buffer: KeyBuffer = field(default_factory=KeyBuffer)

    def bind(self, seconds: float) -> None:
        self._do("bind")

    def api(self, verb: str, argument: str, *, seconds: float) -> str:
        self._do(f"{verb} {argument.removeprefix(UUID).strip()}")
        return "+OK\n"

    def start_api(self, verb: str, argument: str) -> None:
        self._do(f"{verb} {argument.removeprefix(UUID).strip()}")

    def _do(self, what: str) -> None:
        self.done.append(what)
        if (error := self.fails.get(what)) is not None:
            raise error


def shield(line: Line, *, tones: bool = True) -> Shield:
    return Shield(line, UUID, line, tones=tones)  # type: ignore[arg-type]


LISTENERS = f"hupall NORMAL_CLEARING fs_app_listens {UUID}"
START, STOP = "uuid_audio start read mute -1", "uuid_audio stop"


def test_who_listens_in_is_hung_up_and_the_keys_are_bound_before_the_caller_is_silenced() -> None:
    line = Line()
    shield(line).put_up(1.0)
    assert line.done == [LISTENERS, "bind", START]


def test_a_line_whose_keys_are_no_tones_is_not_silenced() -> None:
    line = Line()
    up = shield(line, tones=False)
    up.put_up(1.0)
    up.take_down()
    assert line.done == [LISTENERS, "bind"]


def test_what_was_typed_before_is_dropped() -> None:
    line = Line()
    line.buffer.feed("4")
    shield(line).put_up(1.0)
    assert len(line.buffer) == 0


@pytest.mark.parametrize("what", ["bind", START])
@pytest.mark.parametrize(
    ("error", "reason"), [(CommandRefused("no"), "not_silenced"), (SwitchTimeout("nothing"), "unanswered")]
)
def test_a_command_that_is_refused_or_not_answered_is_no_protection(what, error, reason) -> None:
    with pytest.raises(NotProtected) as caught:
        shield(Line({what: error})).put_up(1.0)
    assert caught.value.reason == reason


@pytest.mark.parametrize("what", ["bind", START])
def test_who_has_gone_is_no_matter_of_protection(what) -> None:
    with pytest.raises(CallEnded):
        shield(Line({what: CallEnded("the caller hung up")})).put_up(1.0)


def test_the_switchs_own_list_is_the_proof() -> None:
    shield(Line()).prove([MediaBug("spandsp_dtmf_detect", "N/A"), MUTE, MediaBug("session_record", "/rec/1.wav")])


@pytest.mark.parametrize(
    "bugs", [[], [MediaBug("audio", "level")], [MediaBug("session_record", "mute")], [MediaBug("Audio", "Mute")]]
)
def test_anything_else_is_none(bugs) -> None:
    with pytest.raises(NotProtected) as caught:
        shield(Line()).prove(bugs)
    assert caught.value.reason == "not_silenced"


def test_where_there_are_no_tones_no_silence_is_missed() -> None:
    up = shield(Line(), tones=False)
    up.prove([])
    assert up.lost(MUTE) is None


def test_a_silence_that_somebody_lifts_is_lost() -> None:
    refusal = shield(Line()).lost(MUTE)
    assert refusal is not None and refusal.reason == "not_silenced"


@pytest.mark.parametrize(
    "ended", [MediaBug("session_record", "/rec/1.wav"), MediaBug("spandsp_dtmf_detect", "N/A")]
)
def test_what_else_ends_is_no_loss(ended) -> None:
    assert shield(Line()).lost(ended) is None


def test_taking_it_down_is_harmless_where_the_call_has_ended() -> None:
    line = Line({STOP: CallEnded("the caller hung up")})
    shield(line).take_down()
    assert line.done == [STOP]
