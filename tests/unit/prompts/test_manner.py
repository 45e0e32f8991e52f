"""How the shipped recordings are said slowly."""

from pathlib import Path

from fs_app.domain.money import Money
from fs_app.domain.prompt import Manner, say
from fs_app.prompts.voice import load_voice

VOICE = load_voice(Path(__file__).resolve().parents[3] / "sounds")
BALANCE = say("balance_is_undated", amount=Money(4250, "USD"))


def test_slowly_is_the_same_words_with_more_time_between_them() -> None:
    plain, slow = VOICE.render(BALANCE, "en"), VOICE.render(BALANCE, "en", Manner.SLOW)
    assert slow.text == plain.text
    assert slow.seconds >= plain.seconds + 0.2 * len(plain.files)
    spoken = [path for path in slow.files if VOICE.text_of(path)]
    assert spoken == [path for path in plain.files if VOICE.text_of(path)]
