"""The whole product in this process for one call: server, local gateway, SQLite, simulated switch."""

from __future__ import annotations

import io
import logging
import shutil
import wave
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog
from prometheus_client import generate_latest

from fs_app.app import Calls
from fs_app.domain.payment import Payment
from fs_app.gateways.sandbox.server import SandboxServer
from fs_app.log import configure_logging
from fs_app.prompts.phrasebook import PHRASES_FILE, load_phrases
from fs_app.prompts.voice import FileVoice, load_voice
from fs_app.settings import Settings
from fs_app.store.demo_data import insert_demo_data
from fs_app.store.engine import Database
from fs_app.store.ledger import SqlLedger
from fs_app.store.schema import migrate
from fs_app.testing.switch import Agents, SimulatedSwitch, dialplan
from fs_app.testing.transcript import Transcript
from fs_app.testing.transcript_play import Played, play

ROOT = Path(__file__).resolve().parents[2]
AGENTS = {"": Agents(), "busy": Agents(answer=False)}


class UtcClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class World:
    """Everything a call meets; ``traces`` is every place where a card must not be found afterwards."""

    def __init__(self, folder: Path, sounds: Path, prepared: Path, transcript: Transcript) -> None:
        self.transcript = transcript
        self.file = folder / "fs_app.sqlite"
        shutil.copyfile(prepared, self.file)
        self.log = io.StringIO()
        self.voice: FileVoice = load_voice(sounds)
        self.gateway = SandboxServer()
        self.gateway.start()
        if (fault := transcript.world.get("gateway", "down")) != "down":
            self.gateway.faults.plan(kind=fault, path="POST /transactions$")
        self.calls = Calls(self._settings(sounds))
        if transcript.world.get("gateway") == "down":
            self.gateway.stop()
        self.database = Database(f"sqlite:///{self.file}", 1)
        self.ledger = SqlLedger(self.database, UtcClock())

    def _settings(self, sounds: Path) -> Settings:
        down = "database" in self.transcript.world
        file = self.file.parent / "no such folder" / "fs_app.sqlite" if down else self.file
        return Settings.model_validate(
            {
                "calls": {"listen": "127.0.0.1:0", "first_key_seconds": 0.4, "inter_key_seconds": 0.2},
                "database": {"url": f"sqlite:///{file}"},
                "gateway": {"listen": f"127.0.0.1:{self.gateway.port}"},
                "metrics": "127.0.0.1:0",
                "flows": str(ROOT / "conf" / "flows"),
                "sounds": str(sounds),
            }
        )

    def play(self) -> Played:
        self.calls.start()
        host = f"127.0.0.1:{self.calls.server.port}"
        agents = {"payments": AGENTS[self.transcript.world.get("agents", "")]} if self._has_queue else {}
        with SimulatedSwitch(dialplan([host]), agents=agents) as switch:
            return play(self.transcript, switch, self.voice.text_of, self.payments)

    @property
    def _has_queue(self) -> bool:
        return self.transcript.world.get("agents") != "none"

    def payments(self) -> Sequence[Payment]:
        return self.ledger.payments()

    def traces(self) -> dict[str, str]:
        files = sorted(self.file.parent.glob(f"{self.file.name}*"))
        return {
            "log": self.log.getvalue(),
            "database": "\n".join(file.read_bytes().decode("latin-1") for file in files),
            "metrics": generate_latest(self.calls.metrics.registry).decode(),
        }

    def close(self) -> None:
        self.calls.stop()
        self.database.close()
        self.gateway.stop()


@pytest.fixture(scope="session")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped phrases, each recorded as a tenth of a second of silence: the text is what counts here."""
    folder = tmp_path_factory.mktemp("sounds")
    shutil.copyfile(ROOT / "sounds" / PHRASES_FILE, folder / PHRASES_FILE)
    books, problems = load_phrases(folder)
    assert not problems
    for book in books.values():
        for recording in book.recordings():
            path = folder / book.language / recording.file
            path.parent.mkdir(parents=True, exist_ok=True)
            with wave.open(str(path), "wb") as sound:
                sound.setparams((1, 2, 8000, 0, "NONE", ""))
                sound.writeframes(bytes(1600))
    return folder


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the demo accounts, copied for every call."""
    file = tmp_path_factory.mktemp("database") / "prepared.sqlite"
    database = Database(f"sqlite:///{file}", 1)
    migrate(database)
    insert_demo_data(database, datetime.now(UTC).date())
    database.write(lambda connection: connection.exec_driver_sql("SELECT 1"))
    database.close()
    return file


@pytest.fixture
def world(request, tmp_path: Path, sounds: Path, prepared: Path) -> Iterator[World]:
    """The world of the transcript that the test is parametrised with (``indirect``)."""
    made = World(tmp_path, sounds, prepared, request.param)
    handlers = logging.getLogger().handlers[:]
    configure_logging("debug", stream=made.log)
    try:
        yield made
    finally:
        made.close()
        logging.getLogger().handlers[:] = handlers
        structlog.reset_defaults()
