"""How long what a caller said is kept: two years with its consent, a month where nobody claims it."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from fs_app.jobs.housekeeping import Chore, Housekeeper
from fs_app.ports import Consent, ConsentKind
from fs_app.store.engine import Database
from fs_app.store.methods import SqlConsents
from fs_app.store.said import SpokenConsents, UnclaimedRecordings
from fs_app.testing.fakes_payments import StandingClock

CALL = "0c7c1b8e-6d0a-4f5f-9a53-3f4c8e1d2a10"
YES = f"{CALL}-00112233445566ff.wav"
LOST = f"{CALL}-ffeeddccbbaa9988.wav"


class House:
    """The folder, the consents, and who cleans."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.clock, self.folder = StandingClock(), folder
        self.consents = SqlConsents(database, self.clock)
        chores = [
            Chore("recordings of consents", SpokenConsents(database, folder), timedelta()),
            Chore("recordings of nobody's", UnclaimedRecordings(database, folder), timedelta(days=30)),
        ]
        self.keeper = Housekeeper(chores, self.clock)

    def said(self, name: str) -> Path:
        """A recording of this moment."""
        path = self.folder / name
        path.write_bytes(b"yes")
        os.utime(path, (self.clock.now().timestamp(),) * 2)
        return path

    def consented(self, recording: str | None) -> None:
        """A consent of this moment, to be kept for two years."""
        self.consents.keep(Consent(ConsentKind.BANK_DEBIT, "a1", CALL, "en", "1", "You authorize us.", recording))

    def cleaned_after(self, **time: float) -> list[str]:
        """What is in the folder after that time and a cleaning."""
        self.clock.move(timedelta(**time).total_seconds())
        self.keeper.clean()
        return sorted(path.name for path in self.folder.iterdir())

    def recordings(self) -> list[str | None]:
        """What the consents name."""
        return [consent.recording for _, _, consent in self.consents.of_account("a1")]


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    folder = tmp_path / "said"
    folder.mkdir()
    return House(database, folder)


def test_a_recording_is_kept_for_two_years_and_its_consent_for_ever(house: House) -> None:
    house.said(YES)
    house.consented(YES)
    assert house.cleaned_after(days=730, hours=23) == [YES]
    assert house.recordings() == [YES]
    assert house.cleaned_after(hours=2) == []
    assert house.recordings() == [None]
    assert house.cleaned_after(hours=1) == []


def test_what_nobody_claims_is_kept_for_a_month(house: House) -> None:
    house.said(LOST)
    assert house.cleaned_after(days=29, hours=23) == [LOST]
    assert house.cleaned_after(hours=2) == []


def test_what_is_claimed_stays_among_a_thousand_that_are_not(house: House) -> None:
    house.said(YES)
    house.consented(YES)
    for number in range(1001):
        house.said(f"{CALL}-{number:016x}.wav")
    assert house.cleaned_after(days=31) == [YES]


def test_files_of_others_are_left_alone(house: House) -> None:
    for name in ("notes.txt", "moh.wav", f"{CALL}.wav"):
        house.said(name)
    assert len(house.cleaned_after(days=1000)) == 3


def test_a_file_that_is_gone_already_is_forgotten(house: House) -> None:
    """A death between the file and its name leaves the name."""
    house.consented(YES)
    house.cleaned_after(days=732)
    assert house.recordings() == [None]


def test_a_name_that_leads_elsewhere_deletes_nothing(house: House) -> None:
    outside = house.folder.parent / "elsewhere.wav"
    outside.write_bytes(b"")
    house.consented("../elsewhere.wav")
    with capture_logs() as log:
        house.cleaned_after(days=732)
    assert outside.exists()
    assert [line["event"] for line in log] == ["a consent names what is no recording of ours"]


def test_where_the_folder_is_not_nothing_is_forgotten_and_that_is_told_once(house: House) -> None:
    house.consented(YES)
    house.folder.rmdir()
    house.clock.move(timedelta(days=1000).total_seconds())
    with capture_logs() as log:
        house.keeper.clean()
        house.clock.move(timedelta(days=1).total_seconds())
        house.keeper.clean()
    assert house.recordings() == [YES]
    assert [line["event"] for line in log] == ["recordings are due, and their folder is not here"]


def test_consents_by_key_have_nothing_to_delete(house: House) -> None:
    house.consented(None)
    assert house.cleaned_after(days=1000) == []
    assert house.recordings() == [None]
