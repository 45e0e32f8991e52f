"""phrases.yaml, the voice over it, the check of the recordings, the manifest, and the voice talent's list."""

import array
import math
import shutil
import wave
from datetime import date, time
from decimal import Decimal
from pathlib import Path

import pytest

from fs_app.domain.money import Money
from fs_app.domain.prompt import (
    Count,
    Counted,
    Digits,
    Manner,
    Named,
    Ordinal,
    Percent,
    Phrase,
    Prompt,
    TimeOfDay,
    Weekday,
    say,
    sentence,
)
from fs_app.errors import ConfigError, FsAppError
from fs_app.ports import Tune
from fs_app.prompts import phrasebook
from fs_app.prompts.check import check_sounds
from fs_app.prompts.manifest import Manifest
from fs_app.prompts.phrasebook import Gap, Punctuation, Words, cut, load_phrases
from fs_app.prompts.script import voice_script
from fs_app.prompts.spoken import Fragment, Joined
from fs_app.prompts.voice import load_voice

SHIPPED = Path(__file__).parents[3] / "sounds"
PHRASES = """
en:
  hello: "Hello."
  owe: "You owe {amount}, due on {date}."
"""


class TinyGrammar:
    """Three fragments, so that a whole language is a handful of files."""

    def fragments(self):
        return [
            Fragment("much", "much"),
            Fragment("soon", "soon", at_end="sooon"),
            Fragment("and", "and", ends=False),
        ]

    def join(self, value):
        return Joined(("much",), "much") if isinstance(value, Money) else Joined(("soon",), "soon")


def tone(path, seconds=0.5, level=0.14, rate=8000, channels=1, silence=0.0):
    """A recording: a tone, after and before so much silence."""
    path.parent.mkdir(parents=True, exist_ok=True)
    quiet = [0] * int(silence * rate)
    loud = [
        max(-32767, min(32767, round(32767 * level * math.sqrt(2) * math.sin(2 * math.pi * 440 * n / rate))))
        for n in range(int(seconds * rate))
    ]
    with wave.open(str(path), "wb") as sound:
        sound.setparams((channels, 2, rate, 0, "NONE", ""))
        sound.writeframes(array.array("h", quiet + loud + quiet).tobytes() * channels)


@pytest.fixture
def sounds(tmp_path, monkeypatch):
    """A language of two phrases and two fragments, complete and good."""
    monkeypatch.setattr(phrasebook, "GRAMMARS", {"en": TinyGrammar()})
    monkeypatch.setattr("fs_app.prompts.voice.GRAMMARS", {"en": TinyGrammar()})
    (tmp_path / "phrases.yaml").write_text(PHRASES)
    books, problems = load_phrases(tmp_path)
    assert problems == []
    for recording in books["en"].recordings():
        tone(tmp_path / "en" / recording.file)
    for tune in Tune:
        tone(tmp_path / "tunes" / f"{tune}.wav")
    return tmp_path


# --- phrases ---------------------------------------------------------------------------------------------------


def test_a_phrase_is_cut_at_its_gaps():
    assert cut("hello", "Hello.") == (Words("hello.wav", "Hello."),)
    assert cut("owe", "You owe {amount}, due on {date}.") == (
        Words("owe.1.wav", "You owe "),
        Gap("amount", ends=False),
        Words("owe.2.wav", ", due on "),
        Gap("date", ends=True),
        Punctuation("."),
    )
    assert cut("number", "{digits}. Goodbye.") == (Gap("digits", ends=True), Words("number.1.wav", ". Goodbye."))


def test_what_is_spoken_has_the_punctuation_of_its_intonation(sounds):
    books, _ = load_phrases(sounds)
    spoken = {recording.file: recording.speak for recording in books["en"].recordings()}
    assert spoken["owe.1.wav"] == "You owe,"
    assert spoken["owe.2.wav"] == "due on,"
    assert spoken["fragments/much.wav"] == "much," and spoken["fragments/much.end.wav"] == "much."
    assert spoken["fragments/soon.wav"] == "soon," and spoken["fragments/soon.end.wav"] == "sooon."
    assert spoken["fragments/and.wav"] == "and," and "fragments/and.end.wav" not in spoken


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("xx: {a: Hi}\n", "phrases.yaml:1:1: no grammar for 'xx'"),
        ("en: {A: Hi}\n", "phrases.yaml:1:9: 'A' is no name for a phrase"),
        ("en: {a: ''}\n", "phrases.yaml:1:9: a has no text"),
        ("en: {a: [1]}\n", "phrases.yaml:1:9: a has no text"),
        ("en: {a: 'You owe {amount'}\n", "phrases.yaml:1:9: a: a gap is a name in braces"),
        ("en: {a: 'You owe {}'}\n", "phrases.yaml:1:9: a: a gap is a name in braces"),
        ("en: [a]\n", "phrases.yaml:1:5: en should hold phrases"),
        ("[en]\n", "phrases.yaml:1:1: should hold languages"),
        ("", "phrases.yaml: should hold languages"),
        ("en: {a: Hi\n", "phrases.yaml:2:1: not YAML"),
        ("en: {a_short: Hi}\n", "phrases.yaml:1:15: a_short shortens nothing: there is no phrase a"),
        (
            "en: {a: Hi, a_short: 'Hi {amount}'}\n",
            "phrases.yaml:1:22: a_short has a gap that a does not have: {amount}",
        ),
    ],
)
def test_mistakes_in_phrases_have_their_place(tmp_path, text, complaint):
    (tmp_path / "phrases.yaml").write_text(text)
    _, problems = load_phrases(tmp_path)
    assert len(problems) == 1
    assert str(problems[0]).removeprefix(f"{tmp_path}/").startswith(complaint)


@pytest.mark.parametrize(
    ("folder", "text", "complaint"),
    [
        ("en", "b: Twice\n", "en/phrases.yaml:1:4: en has b twice: it also stands in {sounds}/phrases.yaml:1"),
        ("en", "[b]\n", "en/phrases.yaml:1:1: en should hold phrases"),
        ("en", "c: Hi {\n", "en/phrases.yaml:1:4: c: a gap is a name in braces"),
        ("en", "c: {\n", "en/phrases.yaml:2:1: not YAML"),
        ("xx", "c: Hi\n", "xx/phrases.yaml:1:1: no grammar for 'xx'"),
    ],
)
def test_mistakes_in_the_phrases_of_a_language_have_their_place(tmp_path, folder, text, complaint):
    (tmp_path / "phrases.yaml").write_text("en: {a: One, b: Two}\n")
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "phrases.yaml").write_text(text)
    books, problems = load_phrases(tmp_path)
    expected = complaint.format(sounds=tmp_path)
    assert [str(problem).removeprefix(f"{tmp_path}/").startswith(expected) for problem in problems] == [True]
    assert books["en"].phrases.keys() == {"a", "b"}


def test_a_language_may_stand_in_both_files(tmp_path):
    (tmp_path / "phrases.yaml").write_text("en: {a: One}\n")
    for language in ("en", "es"):
        (tmp_path / language).mkdir()
        (tmp_path / language / "phrases.yaml").write_text("b: Two\n")
    books, problems = load_phrases(tmp_path)
    assert problems == []
    assert {language: set(book.phrases) for language, book in books.items()} == {"en": {"a", "b"}, "es": {"b"}}


# --- the voice -------------------------------------------------------------------------------------------------


def test_a_prompt_is_a_row_of_files_and_its_text(sounds):
    voice = load_voice(sounds)
    owe = voice.render(say("hello") + say("owe", amount=Money(1, "USD"), date=date(2026, 1, 1)), "en")
    names = ["hello.wav", "owe.1.wav", "much.wav", "owe.2.wav", "soon.end.wav"]
    assert [path.name for path in owe.files] == names
    assert owe.text == "Hello. You owe much, due on soon."
    assert owe.seconds == pytest.approx(2.5)
    assert sentence(voice.text_of(path) for path in owe.files) == "Hello. You owe much, due on soon"
    assert voice.seconds_of(owe.files[0]) == 0.5
    assert (voice.gaps("owe", "en"), voice.gaps("hello", "en")) == (frozenset({"amount", "date"}), frozenset())
    assert voice.gaps("absent", "en") is voice.gaps("hello", "xx") is None
    with pytest.raises(KeyError):
        voice.render(say("absent"), "en")


def test_a_voice_with_a_file_missing_and_one_of_a_wrong_rate_says_both(sounds):
    (sounds / "en/hello.wav").unlink()
    tone(sounds / "en/owe.1.wav", rate=16000)
    with pytest.raises(ConfigError) as caught:
        load_voice(sounds)
    assert [str(problem).removeprefix(f"{sounds}/en/") for problem in caught.value.problems] == [
        'hello.wav: the recording is missing; record "Hello." or run scripts/make-sounds',
        "owe.1.wav: is 16000 Hz, 1 channel(s), 16 bit; should be 8000 Hz, mono, 16 bit;"
        ' record "You owe" or run scripts/make-sounds',
    ]


def files_of(voice, prompt, manner):
    return [path.name for path in voice.render(prompt, "en", manner).files]


def test_a_caller_who_has_been_here_before_hears_the_short_phrase_where_there_is_one(tmp_path, sounds):
    (sounds / "phrases.yaml").write_text(PHRASES + '  owe_short: "{amount}."\n')
    voice = load_voice(sounds)
    prompt = say("hello") + say("owe", amount=Money(1, "USD"), date=date(2026, 1, 1))
    assert files_of(voice, prompt, Manner.BRIEF) == ["hello.wav", "much.end.wav"]
    assert files_of(voice, prompt, Manner.PLAIN) == [
        "hello.wav",
        "owe.1.wav",
        "much.wav",
        "owe.2.wav",
        "soon.end.wav",
    ]


def test_slowly_there_is_a_pause_after_every_piece(sounds):
    voice = load_voice(sounds)
    prompt = say("hello") + say("owe", amount=Money(1, "USD"), date=date(2026, 1, 1))
    plain, slow = (voice.render(prompt, "en", manner) for manner in (Manner.PLAIN, Manner.SLOW))
    assert slow.text == plain.text
    assert slow.files[::2] == plain.files
    assert {path.name for path in slow.files[1::2]} == {"pause.wav"} and len(slow.files) == 10
    assert slow.seconds == pytest.approx(plain.seconds + 5 * 0.5)


EXAMPLES = {  # of every gap that a phrase may have
    "amount": Money(123_456, "USD"),
    "bank": Named("bank_chase"),
    "bill": Ordinal(3, "bill"),
    "bills": Counted(3, "bill"),
    "brand": Named("brand_amex"),
    "date": date(2026, 11, 30),
    "digits": Digits("12345678"),
    "fee": Money(250, "USD"),
    "key": Digits("3"),
    "name": Named("convenience_fee"),
    "number": Count(3),
    "order": Named("birth_date_mdy"),
    "phone": Digits("18005550100"),
    "settled": date(2026, 12, 2),
    "share": Percent(Decimal("33.33")),
    "term": Counted(18, "month"),
    "time": TimeOfDay(time(9, 30)),
    "today": date(2026, 11, 23),
    "total": Money(123_706, "USD"),
    "wait": Counted(12, "minute"),
    "weekday": Weekday(2),
    "first": date(2026, 12, 1),
    "last": date(2027, 2, 1),
    "instalment": Ordinal(2, "instalment"),
    "instalments": Counted(3, "instalment"),
    "payments": Counted(6, "payment"),
    "rest": Money(41_152, "USD"),
}


def test_every_shipped_phrase_can_be_said():
    voice = load_voice(SHIPPED)
    books, _ = load_phrases(SHIPPED)
    for language, book in books.items():
        for name, pieces in book.phrases.items():
            values = {gap: EXAMPLES[gap] for gap in book.gaps(name)}
            heard = voice.render(Prompt((Phrase(name, tuple(values.items())),)), language)
            said_inside = isinstance(pieces[0], Gap) or heard.text[-1] not in ".?!؟"
            assert "{" not in heard.text and (said_inside or not heard.text[0].islower()), heard.text
            assert all(path.is_file() for path in heard.files)
            longest = 60 if name.startswith("debit_authorisation") else 35  # the rules ask for all of that text
            assert 0.2 < heard.seconds < longest, (language, name)


# --- the check -------------------------------------------------------------------------------------------------


def test_the_shipped_recordings_are_in_order():
    report = check_sounds(SHIPPED)
    assert (report.problems, report.warnings) == ([], [])
    assert report.files > 400
    assert "all playable" in report.summary


def truncate(path):
    path.write_bytes(path.read_bytes()[:30])


def clip(path):
    tone(path, level=1.2)


@pytest.mark.parametrize(
    ("plant", "complaint"),
    [
        (Path.unlink, "the recording is missing"),
        (truncate, "cannot be read as WAV"),
        (
            lambda path: path.write_bytes(b"no sound at all, but forty-four bytes or more of it"),
            "cannot be read as WAV",
        ),
        (lambda path: tone(path, seconds=0), "holds no sound"),
        (lambda path: tone(path, rate=44100), "is 44100 Hz"),
        (lambda path: tone(path, channels=2), "2 channel(s)"),
        (lambda path: tone(path, level=0), "is silent"),
        (lambda path: tone(path, level=0.01), "is too quiet (-40 dB"),
        (lambda path: tone(path, level=0.6), "is too loud (-4 dB"),
        (clip, "is clipped"),
        (lambda path: tone(path, silence=0.8), "begins with 0.8 s of silence"),
        (lambda path: tone(path, silence=0.8), "ends with 0.8 s of silence"),
    ],
)
def test_the_check_finds_what_is_wrong_with_a_recording(sounds, plant, complaint):
    assert check_sounds(sounds).problems == []
    plant(sounds / "en/hello.wav")
    problems = check_sounds(sounds).problems
    assert any(complaint in problem.message for problem in problems), problems
    assert {Path(problem.file).name for problem in problems} == {"hello.wav"}


def test_the_check_warns_of_files_nobody_asks_for_and_of_old_texts(sounds):
    books, _ = load_phrases(sounds)
    manifest = Manifest.read(sounds / "en")
    for recording in books["en"].recordings():
        manifest.made(recording)
    manifest.write()
    assert check_sounds(sounds).warnings == []
    tone(sounds / "en/forgotten.wav")
    (sounds / "phrases.yaml").write_text(PHRASES.replace("Hello.", "Good day."))
    warnings = {Path(warning.file).name: warning.message for warning in check_sounds(sounds).warnings}
    assert warnings.keys() == {"forgotten.wav", "hello.wav"}
    assert "text has changed" in warnings["hello.wav"]


# --- the manifest ----------------------------------------------------------------------------------------------


def test_somebodys_own_recording_is_never_due_unless_forced(sounds):
    books, _ = load_phrases(sounds)
    recordings = {recording.file: recording for recording in books["en"].recordings()}
    manifest = Manifest.read(sounds / "en")
    assert not any(manifest.is_due(each, force=False) for each in recordings.values())  # all are somebody's own
    for recording in recordings.values():
        manifest.made(recording)
    manifest.write()
    tone(sounds / "en/hello.wav", seconds=0.7)  # an operator's
    (sounds / "en/owe.1.wav").unlink()
    (sounds / "phrases.yaml").write_text(PHRASES.replace("due on", "payable on").replace("Hello.", "Hi."))
    changed = {each.file: each for each in load_phrases(sounds)[0]["en"].recordings()}
    manifest = Manifest.read(sounds / "en")
    due = {file for file, each in changed.items() if manifest.is_due(each, force=False)}
    assert due == {"owe.1.wav", "owe.2.wav"}
    assert manifest.is_due(changed["hello.wav"], force=True)


def test_recordings_that_nobody_asks_for_any_more_go_but_not_an_operators(sounds):
    books, _ = load_phrases(sounds)
    manifest = Manifest.read(sounds / "en")
    for recording in books["en"].recordings():
        manifest.made(recording)
    shutil.copyfile(sounds / "en/owe.2.wav", sounds / "en/kept.wav")
    tone(sounds / "en/owe.1.wav", seconds=0.9)  # an operator's
    manifest.keep_only([each for each in books["en"].recordings() if not each.file.startswith("owe.")])
    assert not (sounds / "en/owe.2.wav").exists()
    assert (sounds / "en/owe.1.wav").exists() and (sounds / "en/kept.wav").exists()
    assert "owe.1.wav" not in manifest.entries


# --- the list --------------------------------------------------------------------------------------------------


def test_the_voice_talents_list(sounds):
    rows = voice_script(sounds, "en", "csv").splitlines()
    assert rows[0] == "file,text,note"
    assert "en/hello.wav,Hello.," in rows
    assert 'en/owe.1.wav,"You owe,",leads into {amount}: level voice' in rows
    assert "en/fragments/soon.end.wav,sooon.,at the end: falling voice" in rows
    assert not any("pause" in row for row in rows)  # silence is not read
    table = voice_script(sounds, "en", "markdown").splitlines()
    assert table[:2] == ["| file | text | note |", "|---|---|---|"]
    assert len(table) == len(rows) + 1
    with pytest.raises(FsAppError, match="has no language 'tr'; it has: en"):
        voice_script(sounds, "tr", "csv")
