"""The whole product in this process: server, local gateway, SQLite, simulated switch. A pytest plugin."""

from __future__ import annotations

import io
import logging
import re
import shutil
import wave
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from functools import cache, cached_property, partial
from pathlib import Path
from typing import NamedTuple

import gevent
import pytest
import structlog
from prometheus_client import generate_latest
from sqlalchemy import Connection, insert, select

from fs_app.app.calls import Calls
from fs_app.app.parts import Parts, SystemClock
from fs_app.domain.card import Card
from fs_app.domain.means import Kept, customer_of
from fs_app.domain.money import Money
from fs_app.domain.payment import Payment, PaymentRequest
from fs_app.domain.prompt import say
from fs_app.domain.secret import Secret
from fs_app.flow.flow import Flow
from fs_app.flow.loader import load_flows
from fs_app.gateways.sandbox.server import SandboxServer
from fs_app.log import configure_logging
from fs_app.ports import Clock, Consent, ConsentKind, Tune
from fs_app.prompts.phrasebook import PHRASES_FILE, load_phrases
from fs_app.prompts.voice import FileVoice, load_voice
from fs_app.settings import Settings
from fs_app.steps import STEPS
from fs_app.store.agreements import SqlAgreements
from fs_app.store.callers import SqlCallers
from fs_app.store.demo_data import insert_demo_data
from fs_app.store.engine import Database
from fs_app.store.ledger import SqlLedger
from fs_app.store.schema import migrate
from fs_app.store.tables import accounts, bills
from fs_app.telephony.timing import Timing
from fs_app.testing.switch import Agents, SimulatedSwitch, dialplan
from fs_app.testing.transcript import ANYTHING, SILENCE, Transcript
from fs_app.testing.transcript_play import Played, play

ROOT = Path(__file__).resolve().parents[1]
_FRACTION = re.compile(r"\.[0-9]+$", re.MULTILINE)
"""Of a sample's value, mostly seconds: 0.0532100000000003 holds an account number of the gateway by chance."""
SECONDS = 15.0  # no test waits longer for a server to be done
AGENTS = {"": Agents(), "busy": Agents(answer=False)}


class Prepared(NamedTuple):
    sounds: Path
    flows: Path
    database: Path


@cache
def _programme(sounds: Path, flows: Path, changed: float) -> tuple[FileVoice, dict[str, Flow]]:
    """What every call goes by; reading it takes longer than most calls. Both are immutable."""
    voice = load_voice(sounds)
    return voice, load_flows(flows, STEPS, voice)


def _changed(folder: Path) -> float:
    return max(file.stat().st_mtime for file in folder.rglob("*.yaml"))


NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
_AHEAD = NOON - datetime.now(UTC)


class NoonClock(SystemClock):
    """Noon of a Monday, when the tests began; it runs. The days and the expiry dates that callers key in a
    transcript are to come, whenever it is played, and no day ends in a call."""

    def now(self) -> datetime:
        return super().now() + _AHEAD


class NoonParts(Parts):
    """The parts of every server of a world."""

    @cached_property
    def clock(self) -> Clock:
        return NoonClock(self.settings.timezone)


class World:
    """Everything a call meets; ``traces`` is every place where a card must not be found afterwards."""

    def __init__(
        self, folder: Path, prepared: Prepared, transcript: Transcript, *, parts: type[Parts] = NoonParts
    ) -> None:
        self.transcript = transcript
        self.file = folder / "fs_app.sqlite"
        shutil.copyfile(prepared.database, self.file)
        self.log = io.StringIO()
        self.voice, flows = _programme(prepared.sounds, prepared.flows, _changed(prepared.flows))
        self.gateway = SandboxServer(now=lambda: NoonClock("UTC").now().replace(microsecond=0))
        self.gateway.start()
        self._plan_faults(transcript.world.get("gateway", "down"))
        self.settings = self._settings(prepared)
        if "known" in transcript.world:
            self._remember(transcript.caller, transcript.world["known"])
        own = parts(self.settings)
        own.recordings, own.flows = (self.voice, []), flows
        self.calls = Calls(self.settings, own)
        if transcript.world.get("gateway") == "down":
            self.gateway.stop()
        self.database = Database(f"sqlite:///{self.file}", 1)
        self.ledger = SqlLedger(self.database, NoonClock("UTC"))
        self.agreements = SqlAgreements(self.database, NoonClock("UTC"))
        if "saved" in transcript.world:
            save_visa(self.calls.parts, transcript.world["saved"])
        if "bill" in transcript.world:
            self.ledger.open(PaymentRequest("another-call", "demo-10001", "demo-10001-1", Money(4250, "USD")))

    def _plan_faults(self, kind: str) -> None:
        """``refuses``: our keys are not accepted for a sale, so nothing is charged, for certain."""
        if kind == "refuses":
            self.gateway.faults.plan(kind="status_before_commit", status=401, path="POST /transactions$")
        elif kind != "down":
            self.gateway.faults.plan(kind=kind, path="POST /transactions$")

    def _settings(self, prepared: Prepared) -> Settings:
        down = "database" in self.transcript.world
        file = self.file.parent / "no such folder" / "fs_app.sqlite" if down else self.file
        return Settings.model_validate(
            {
                "calls": {
                    "listen": "127.0.0.1:0",
                    "reload_seconds": 0,
                    "first_key_seconds": self._first_key_seconds,
                    "inter_key_seconds": 0.3,
                },
                "database": {"url": f"sqlite:///{file}"},
                "payments": self._payments(),
                "gateway": {"listen": f"127.0.0.1:{self.gateway.port}"},
                "callers": {"keep_days": 400 if "known" in self.transcript.world else 0},
                "metrics": "127.0.0.1:0",
                "messages": {
                    "templates": str(ROOT / "conf" / "messages.yaml"),
                    "pay_link": "https://pay.example.org/{account}?bill={bill}",
                },
                "flows": str(prepared.flows),
                "lines": str(self.file.parent / "lines.yaml"),
                "sounds": str(prepared.sounds),
                "recordings": str(self.file.parent / "recordings"),
            }
        )

    @property
    def _first_key_seconds(self) -> float:
        """Short where silence is waited for; a caller who keys is given the time of a machine that stands still."""
        texts = [line.text for line in self.transcript.dialogue]
        return 5.0 if texts and SILENCE not in texts and ANYTHING not in texts else 0.6

    def _payments(self) -> dict[str, object]:
        asked_again = [0.05] if "recheck" in self.transcript.world else []
        limit = self.transcript.world.get("attempts")
        velocity = {"account": {"attempts": int(limit), "hours": 1}} if limit else {}
        lockout = {"failures": int(self.transcript.world.get("lockout", 5))}
        return {"recheck_seconds": asked_again, "velocity": velocity, "lockout": lockout}

    def _remember(self, caller: str, number: str) -> None:
        database = Database(f"sqlite:///{self.file}", 1)
        callers = SqlCallers(database, NoonClock("UTC"))
        callers.remember(caller, language="en", account_number=number)
        callers.close()
        database.close()

    def server(self, settings: Settings) -> Calls:
        """Another server of this world; not started."""
        return Calls(settings, NoonParts(settings))

    def play(self) -> Played:
        self.calls.start()
        host = f"127.0.0.1:{self.calls.server.port}"
        agents = {"payments": AGENTS[self.transcript.world.get("agents", "")]} if self._has_queue else {}
        with SimulatedSwitch(dialplan([host]), agents=agents) as switch:
            return play(
                self.transcript,
                switch,
                self.voice.text_of,
                self.payments,
                self.agreements.all,
                self.calls.parts.desk_view,
            )

    def phrase(self, name: str) -> str:
        """What is said, of a phrase without gaps."""
        return self.voice.render(say(name), "en").text

    def open_accounts(self, count: int) -> None:
        """Accounts 20001 and so on, with the PIN of 10001, which owe 10.00 USD each."""
        self.database.write(lambda connection: _add_accounts(connection, count))

    @property
    def _has_queue(self) -> bool:
        return self.transcript.world.get("agents") != "none"

    def metrics_value(self, name: str) -> float | None:
        """A metric without labels."""
        return self.calls.metrics.registry.get_sample_value(name)

    def payments(self) -> Sequence[Payment]:
        return self.ledger.payments()

    def logged(self) -> str:
        """What the server wrote, once it is done with every call: the last lines of a call follow its hang-up."""
        with gevent.Timeout(SECONDS, AssertionError("the server is not done with a call that is over")):
            while self.calls.server.active:
                gevent.sleep(0.005)
        return self.log.getvalue()

    def traces(self) -> dict[str, str]:
        log = self.logged()
        files = sorted(self.file.parent.glob(f"{self.file.name}*"))
        return {
            "log": log,
            "database": "\n".join(file.read_bytes().decode("latin-1") for file in files),
            "metrics": _FRACTION.sub("", generate_latest(self.calls.metrics.registry).decode()),
        }

    def close(self) -> None:
        self.calls.stop()
        self.database.close()
        self.gateway.stop()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """What every call needs, made once."""
    return prepare(tmp_path_factory.mktemp("prepared"), NOON.date())


def prepare(folder: Path, today: date) -> Prepared:
    """The sounds, the flows, and a database with the demo accounts as they stand on a day."""
    return Prepared(
        _sounds(folder / "sounds"), _flows(folder / "flows"), _database(folder / "fs_app.sqlite", today)
    )


def _sounds(folder: Path) -> Path:
    """The shipped phrases, each recorded as a tenth of a second of silence: the text is what counts here."""
    folder.mkdir()
    for path in [ROOT / "sounds" / PHRASES_FILE, *(ROOT / "sounds").glob(f"*/{PHRASES_FILE}")]:
        copy = folder / path.relative_to(ROOT / "sounds")
        copy.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, copy)
    books, problems = load_phrases(folder)
    assert not problems
    for tune in Tune:
        _silence(folder / "tunes" / f"{tune}.wav")
    for book in books.values():
        for recording in book.recordings():
            _silence(folder / book.language / recording.file)
    return folder


def _silence(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(1600))


CHAINS = {
    "by_postal_code": "[caller_id, account_number, postal_code]",
    "by_birth_date": "[account_number, birth_date]",
    "by_bill_number": "[bill_number, postal_code]",
    "by_customer_number": "[customer_number, pin]",
    "by_last_account": "[last_account, account_number, pin]",
}
LANGUAGE = """\
  language:
    do: choose_language
    choices: {1: en, 2: es}
    next: {chosen: identity}
"""
GUEST = """\
  identity:
    do: find_bill
    next: {found: amount, nothing_due: goodbye_or_agent, not_found: operator, locked: operator}
"""


def _flows(folder: Path) -> Path:
    """The shipped flows, and pay_balance by other ways to say who one is, or to be nobody."""
    shutil.copytree(ROOT / "conf" / "flows", folder)
    shipped = (folder / "pay_balance.yaml").read_text()
    chain = "[caller_id, account_number, pin]"
    assert chain in shipped
    for name, other in CHAINS.items():
        text = shipped.replace("flow: pay_balance", f"flow: {name}").replace(chain, other)
        (folder / f"{name}.yaml").write_text(text)
    text = shipped.replace("flow: pay_balance", "flow: by_language").replace(
        "{done: identity}", "{done: language}", 1
    )
    (folder / "by_language.yaml").write_text(text.replace("  identity:\n", LANGUAGE + "  identity:\n", 1))
    before, _, rest = shipped.partition("  identity:\n")
    after = rest[rest.index("  goodbye_or_agent:") :]
    (folder / "guest.yaml").write_text(before.replace("flow: pay_balance", "flow: guest") + GUEST + after)
    return folder


def _database(file: Path, today: date) -> Path:
    """The demo accounts, and one that owes more; copied for every call."""
    database = Database(f"sqlite:///{file}", 1)
    migrate(database)
    insert_demo_data(database, today)
    database.write(_add_large_bill)
    database.write(_add_documented_account)
    database.close()
    return file


def _add_large_bill(connection: Connection) -> None:
    """Account 10006 owes 3000.00 USD, enough to pay any amount that the local gateway declines for a reason."""
    pin_hash = connection.execute(select(accounts.c.pin_hash).where(accounts.c.number == "10001")).scalar_one()
    connection.execute(insert(accounts).values(id="large", number="10006", closed=False, pin_hash=pin_hash))
    connection.execute(insert(bills).values(id="large-1", account_id="large", amount_minor=300_000, currency="USD"))


def _add_documented_account(connection: Connection) -> None:
    """Account 10007 owes 30.00 USD and has everything that can be asked of its holder."""
    pin_hash = connection.execute(select(accounts.c.pin_hash).where(accounts.c.number == "10001")).scalar_one()
    connection.execute(
        insert(accounts).values(
            id="documented", number="10007", closed=False, pin_hash=pin_hash, postal_code="94107",
            customer_number="700700", birth_date=date(1980, 3, 4),
        )
    )  # fmt: skip
    connection.execute(
        insert(bills).values(
            id="documented-1", account_id="documented", number="445566", amount_minor=3000, currency="USD"
        )
    )


def save_visa(parts: Parts, number: str) -> None:
    """The holder of that account has a Visa saved, by consent: the gateway keeps it."""
    holder = parts.directory.by_number(number)
    assert holder is not None
    card = Card(Secret("4242424242424242"), Secret("0931"), Secret("987"), Secret("94107"), "visa", "4242")
    kept = parts.vault.keep(card, customer_of(holder.id))
    assert isinstance(kept, Kept), kept
    consent = Consent(ConsentKind.SAVE_METHOD, holder.id, "earlier", "en", "1", "")
    parts.methods.save(holder.id, kept, parts.consents.keep(consent))


def _add_accounts(connection: Connection, count: int) -> None:
    pin_hash = connection.execute(select(accounts.c.pin_hash).where(accounts.c.number == "10001")).scalar_one()
    numbers = [str(20001 + k) for k in range(count)]
    rows = [{"id": number, "number": number, "closed": False, "pin_hash": pin_hash} for number in numbers]
    owed = [{"id": f"bill-{n}", "account_id": n, "amount_minor": 1000, "currency": "USD"} for n in numbers]
    connection.execute(insert(accounts), rows)
    connection.execute(insert(bills), owed)


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A prompt of a stepped call lasts until the test goes on, on a slow machine for longer than servers wait."""
    monkeypatch.setattr("fs_app.app.calls.Timing", partial(Timing, margin=30.0))


@pytest.fixture
def world(request, tmp_path: Path, prepared: Prepared, patience: None) -> Iterator[World]:
    """A world where all is well, or that of the transcript which the test is parametrised with (``indirect``)."""
    made = World(tmp_path, prepared, getattr(request, "param", Transcript("no transcript")))
    handlers = logging.getLogger().handlers[:]
    configure_logging("debug", stream=made.log)
    try:
        yield made
    finally:
        made.close()
        logging.getLogger().handlers[:] = handlers
        structlog.reset_defaults()
