"""The composition root: the only module that knows every concrete class.

`check_everything` is law 7: what it finds is found before a call can. `Calls` is one process of the ``calls`` role.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

import gevent
import structlog
from gevent.event import Event

from fs_app.domain.prompt import say
from fs_app.errors import CallEnded, ConfigError, Problem
from fs_app.flow.call import Call, Limits, Line, Services
from fs_app.flow.engine import run_flow
from fs_app.flow.flow import Flow
from fs_app.flow.loader import load_flows
from fs_app.gateways.braintree import BraintreeAccount, BraintreeGateway
from fs_app.gateways.sandbox.server import SandboxServer
from fs_app.journal import CallJournal
from fs_app.metrics import MeasuredGateway, Metrics, MetricsServer
from fs_app.payments.cashier import GatewayCashier
from fs_app.ports import Directory, Voice
from fs_app.prompts.voice import FileVoice, load_voice, read_voice
from fs_app.settings import GatewaySettings, Settings
from fs_app.steps import STEPS
from fs_app.store.directory import TableDirectory
from fs_app.store.engine import Database
from fs_app.store.ledger import SqlLedger
from fs_app.store.schema import schema_problem
from fs_app.store.sql_directory import SqlDirectory
from fs_app.telephony.channel import SwitchChannel, Timing
from fs_app.telephony.connect import ConnectInfo
from fs_app.telephony.server import CallServer
from fs_app.yamlfile import Document, did_you_mean

log = structlog.get_logger()
T = TypeVar("T")

_SERVER_PHRASES = ("all_lines_busy", "technical_problem", "one_moment")


class SystemClock:
    """The clock of this machine; ``today`` is the day where the operator is."""

    def __init__(self, timezone: str) -> None:
        self._zone = ZoneInfo(timezone)

    def now(self) -> datetime:
        return datetime.now(UTC)

    def today(self) -> date:
        return datetime.now(self._zone).date()


# --- parts ---------------------------------------------------------------------------------------------------


def load_prompts(settings: Settings) -> FileVoice:
    """The phrases and their recordings; ConfigError with every problem."""
    return load_voice(settings.sounds)


def load_all_flows(settings: Settings, voice: Voice) -> dict[str, Flow]:
    """Every flow, checked; ConfigError with every problem."""
    return load_flows(settings.flows, STEPS, voice)


def open_database(settings: Settings, metrics: Metrics | None = None) -> Database:
    """Our own database. Nothing is connected before it is used."""
    part = settings.database
    observe = metrics.database_answered if metrics else None
    return Database(part.url, part.threads, part.deadline_seconds, observe=observe)


def open_gateway(part: GatewaySettings) -> BraintreeGateway:
    """The gateway of the settings: the local one speaks the same API."""
    host, port = part.listen
    return BraintreeGateway(
        BraintreeAccount(
            environment=part.kind,
            merchant_id=part.merchant_id,
            public_key=part.public_key,
            private_key=part.private_key.get_secret_value(),
            merchant_account_id=part.merchant_account_id,
            host=host,
            port=port,
            connect_seconds=part.connect_seconds,
            read_seconds=part.read_seconds,
        )
    )


def open_directory(settings: Settings, database: Database) -> Directory:
    """Accounts and bills: our tables, or the operator's database."""
    part = settings.directory
    if part.url is None or part.statements is None:
        return TableDirectory(database)
    theirs = Database(part.url.get_secret_value(), settings.database.threads, settings.database.deadline_seconds)
    return SqlDirectory(theirs, part.statements, database)


# --- checks --------------------------------------------------------------------------------------------------


def check_everything(settings: Settings, document: Document, *, gateway_must_answer: bool = True) -> list[Problem]:
    """What must be mended before a call may come: prompts, flows, line defaults, database, SQL, gateway.

    With ``gateway_must_answer=False`` a gateway that cannot be reached is no problem, only one that refuses our
    keys: the server starts all the same, as callers can still hear their balance and reach a person.
    """
    problems: list[Problem] = []
    voice, found = read_voice(settings.sounds)
    problems += found
    if voice.languages:
        problems += _voice_problems(voice, settings, document)
        flows = _collect(problems, lambda: load_all_flows(settings, voice))
        if flows is not None and settings.line.flow not in flows:
            hint = did_you_mean(settings.line.flow, flows) or f"there are: {', '.join(sorted(flows))}"
            place = ("line", "flow")
            problems.append(document.problem(place, f"no flow is called {settings.line.flow!r}", hint))
    problems += _store_problems(settings, document)
    trouble = open_gateway(settings.gateway).check()
    if trouble is not None and (trouble.lasting or gateway_must_answer):
        problems.append(document.problem(("gateway",), trouble.reason))
    return problems


def _store_problems(settings: Settings, document: Document) -> list[Problem]:
    problems: list[Problem] = []
    database = open_database(settings)
    problem = schema_problem(database)
    if problem is not None:
        problems.append(document.problem(("database", "url"), problem))
    directory = open_directory(settings, database)
    if isinstance(directory, SqlDirectory):
        problems += [_statement_problem(document, key, message) for key, message in directory.problems()]
    database.close()
    return problems


def _collect(problems: list[Problem], load: Callable[[], T]) -> T | None:
    try:
        return load()
    except ConfigError as error:
        problems += error.problems
        return None


def _voice_problems(voice: Voice, settings: Settings, document: Document) -> list[Problem]:
    language, problems = settings.line.language, []
    if language not in voice.languages:
        hint = f"there are: {', '.join(voice.languages)}"
        problems.append(document.problem(("line", "language"), f"no prompts in {language!r}", hint))
    for spoken in voice.languages:
        problems += [
            Problem(str(settings.sounds / "phrases.yaml"), 0, 0, f"{spoken} has no phrase {phrase!r}", "add it")
            for phrase in _SERVER_PHRASES
            if voice.gaps(phrase, spoken) is None
        ]
    return problems


def _statement_problem(document: Document, key: str, message: str) -> Problem:
    place = ("directory", "url") if key == "url" else ("directory", "statements", key)
    return document.problem(place, message)


# --- roles ---------------------------------------------------------------------------------------------------


class Calls:
    """One process of the ``calls`` role: the event socket server and what a call may use."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.metrics = Metrics()
        self.database = open_database(settings, self.metrics)
        clock = SystemClock(settings.timezone)
        self.ledger = SqlLedger(self.database, clock)
        voice = load_prompts(settings)
        self._flows: Mapping[str, Flow] = load_all_flows(settings, voice)
        self._services = Services(
            directory=open_directory(settings, self.database),
            cashier=GatewayCashier(
                self.ledger, MeasuredGateway(open_gateway(settings.gateway), self.metrics), clock
            ),
            clock=clock,
            limits=Limits(**settings.payments.model_dump()),
        )
        self.server = CallServer(
            settings.calls.listen,
            self._handle,
            voice=voice,
            language=settings.line.language,
            queue=settings.line.queue,
            limit=settings.calls.limit,
            watcher=self.metrics,
            timing=Timing(first_key=settings.calls.first_key_seconds, inter_key=settings.calls.inter_key_seconds),
        )
        self._metrics_server = MetricsServer(self.metrics, settings.metrics)

    @property
    def metrics_port(self) -> int:
        """Where the metrics are."""
        return self._metrics_server.port

    def start(self) -> None:
        """Bind and serve; OSError where a port is taken."""
        self._metrics_server.start()
        self.server.start()

    def stop(self) -> None:
        """Accept nothing more, let calls finish within the grace of the settings, then end."""
        self.server.stop(self._settings.calls.grace_seconds, self._settings.gateway.read_seconds + 15)
        self._metrics_server.stop()
        self.database.close()

    def _handle(self, channel: SwitchChannel, info: ConnectInfo) -> None:
        line = self._line(channel, info)
        journal = CallJournal(self.metrics, uuid=info.uuid, flow=line.flow, caller_id=info.caller_id)
        call = Call(line, channel, self._services, journal, caller_id=info.caller_id)
        outcome = "failed"
        try:
            channel.answer()
            if info.attempt > 1:
                channel.play(say("one_moment"), interruptible=False)
                channel.forget_keys()  # they answer a question of the server that died: digits of a card, perhaps
            outcome = run_flow(self._flows[line.flow], call)
        except CallEnded:
            outcome = "agent" if call.counts["talked"] else "caller_hung_up"
            raise
        finally:
            journal.close(outcome)

    def _line(self, channel: SwitchChannel, info: ConnectInfo) -> Line:
        """The line as the dialplan describes it; what it does not say, or says wrongly, is the settings'."""
        default = self._settings.line
        flow = info.flow or default.flow
        if flow not in self._flows:
            log.error("the dialplan names a flow that does not exist", call=info.uuid, fs_app_flow=flow)
            flow = default.flow
        return Line(flow=flow, language=channel.language, queue=info.queue or default.queue)


def run_calls(settings: Settings, document: Document) -> None:
    """The ``calls`` role until SIGTERM; ConfigError where anything is wrong with the configuration."""
    problems = check_everything(settings, document, gateway_must_answer=False)
    if problems:
        raise ConfigError(problems)
    calls = Calls(settings)
    _start(calls.start, document, ("calls", "listen"))
    log.info("ready for calls", listen=f"{settings.calls.listen[0]}:{calls.server.port}")
    _until_told_to_stop()
    log.info("no new calls", up=calls.server.active, grace_seconds=settings.calls.grace_seconds)
    calls.stop()


def run_sandbox(settings: Settings, document: Document) -> None:
    """The ``sandbox`` role until SIGTERM: the local gateway."""
    server = SandboxServer(settings.gateway.listen)
    _start(server.start, document, ("gateway", "listen"))
    log.info("local gateway ready", listen=f"{settings.gateway.listen[0]}:{server.port}")
    _until_told_to_stop()
    server.stop()


def _start(start: Callable[[], None], document: Document, place: tuple[str, ...]) -> None:
    try:
        start()
    except OSError as error:
        reason = f"cannot listen there: {os.strerror(error.errno) if error.errno else error}"
        raise ConfigError([document.problem(place, reason, "is another one running?")]) from None


def _until_told_to_stop() -> None:
    """Wait for SIGTERM or SIGINT. The second one ends the process at once."""
    told = Event()

    def stop() -> None:
        told.set()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)

    handlers = [gevent.signal_handler(number, stop) for number in (signal.SIGTERM, signal.SIGINT)]
    told.wait()
    for handler in handlers:
        handler.cancel()
