"""The parts that roles are made of: each concrete class behind its port, made on first use and once per process.

It is as long as the list of parts is: one property each, and nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from fs_app.app.lines import load_lines
from fs_app.app.messages import load_receipt_texts, open_messengers
from fs_app.app.orders import OrderReader
from fs_app.app.watch import SwitchWatch
from fs_app.domain.collection import CollectionPolicy
from fs_app.domain.contact import MessageKind
from fs_app.domain.schedule import Schedule
from fs_app.errors import ConfigError, Problem
from fs_app.flow.call import Line
from fs_app.flow.flow import Flow
from fs_app.flow.loader import load_flows
from fs_app.gateways.braintree import BraintreeAccount, BraintreeGateway, BraintreeOffice, BraintreeVault
from fs_app.messaging.templates import ReceiptTemplates
from fs_app.metrics import MeasuredGateway, Metrics
from fs_app.payments.agreement_file import AgreementRecords
from fs_app.payments.cashier import GatewayCashier
from fs_app.payments.dossier import Records
from fs_app.payments.health import GatewayHealth
from fs_app.payments.marks import Marker
from fs_app.payments.refunds import RefundDesk
from fs_app.payments.resolver import PaymentResolver
from fs_app.payments.returned import ReturnedDebits
from fs_app.payments.service import Service
from fs_app.ports import (
    Agreements,
    Appointments,
    Audit,
    Callers,
    Cashier,
    Clock,
    Consents,
    Desk,
    DeskView,
    Directory,
    DisputeBook,
    Gateway,
    GatewayOffice,
    Hints,
    Ledger,
    Messenger,
    Outbox,
    RefundBook,
    SavedMethods,
    Subscriptions,
    Surveys,
    Tasks,
    Vault,
)
from fs_app.ports.people import People
from fs_app.prompts.voice import FileVoice, read_voice
from fs_app.settings import GatewaySettings, Settings
from fs_app.steps import STEPS
from fs_app.store import appointments, subscriptions
from fs_app.store.agreements import SqlAgreements
from fs_app.store.audit import SqlAudit
from fs_app.store.callers import NoCallers, SqlCallers
from fs_app.store.checkpoints import SqlCheckpoints
from fs_app.store.desk import SqlDesk
from fs_app.store.desk_view import SqlDeskView
from fs_app.store.directory import TableDirectory
from fs_app.store.disputes import SqlDisputes
from fs_app.store.engine import Database
from fs_app.store.ledger import SqlLedger
from fs_app.store.links import SqlLinks
from fs_app.store.live import SqlLiveCalls
from fs_app.store.methods import SqlConsents, SqlSavedMethods
from fs_app.store.outbox import SqlOutbox
from fs_app.store.proofs import SqlProofs
from fs_app.store.refunds import SqlRefunds
from fs_app.store.soon import Soon
from fs_app.store.sql_directory import SqlDirectory
from fs_app.store.sql_reader import StatementReader
from fs_app.store.surveys import SqlSurveys
from fs_app.store.tasks import SqlTasks
from fs_app.store.webhooks import SqlHints


class SystemClock:
    """The clock of this machine; ``today`` is the day where the operator is."""

    def __init__(self, timezone: str) -> None:
        self._zone = ZoneInfo(timezone)

    def now(self) -> datetime:
        return datetime.now(UTC)

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self._zone).date()

    def today(self) -> date:
        return self.day(self.now())


def open_database(settings: Settings, observe: Callable[[float, bool], None] | None = None) -> Database:
    """Our own database. Nothing is connected before it is used."""
    part = settings.database
    return Database(part.url, part.threads, part.deadline_seconds, observe=observe)


def gateway_account(part: GatewaySettings) -> BraintreeAccount:
    """The account at the gateway of the settings: the local one speaks the same API."""
    host, port = part.listen
    return BraintreeAccount(
        environment=part.kind,
        merchant_id=part.merchant_id,
        public_key=part.public_key,
        private_key=part.private_key.get_secret_value(),
        merchant_account_id=part.merchant_account_id,
        host=host,
        port=port,
        connect_seconds=part.connect_seconds,
        read_seconds=part.read_seconds,
        limit_seconds=part.limit_seconds,
        use_request_key=part.request_keys,
        bank_verification=part.bank_verification,
        bank_merchant_account_id=part.bank_merchant_account_id,
    )


def open_gateway(part: GatewaySettings) -> BraintreeGateway:
    """The gateway of the settings."""
    return BraintreeGateway(gateway_account(part))


def open_directory(
    settings: Settings, database: Database, theirs: Database | None = None, clock: Clock | None = None
) -> Directory:
    """Accounts and bills: our tables, or the operator's database, which is opened unless it is given."""
    statements, clock = settings.directory.statements, clock or SystemClock(settings.timezone)
    theirs = theirs or open_their_database(settings)
    if theirs is None or statements is None:
        return TableDirectory(database, clock)
    return SqlDirectory(theirs, statements, database, clock)


def open_their_database(settings: Settings) -> Database | None:
    """The operator's own database, where the settings name one."""
    part, url = settings.database, settings.directory.url
    return None if url is None else Database(url.get_secret_value(), part.threads, part.deadline_seconds)


class Parts:
    """The parts of one process. Subclass it to put something else, or something around it, behind a port."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.metrics = Metrics()

    @cached_property
    def clock(self) -> Clock:
        return SystemClock(self.settings.timezone)

    @cached_property
    def recordings(self) -> tuple[FileVoice, list[Problem]]:
        """The phrases and their recordings as far as they go, and everything that is wrong with them."""
        return read_voice(self.settings.sounds)

    @property
    def voice(self) -> FileVoice:
        """The phrases and their recordings; ConfigError with every problem."""
        voice, problems = self.recordings
        if problems:
            raise ConfigError(problems)
        return voice

    @cached_property
    def flows(self) -> dict[str, Flow]:
        """Every flow, checked; ConfigError with every problem."""
        return load_flows(self.settings.flows, STEPS, self.recordings[0])

    @cached_property
    def line_records(self) -> tuple[dict[str, Line], list[Problem]]:
        """The lines as far as they go, and everything that is wrong with them."""
        return load_lines(self.settings, self.flows, self.recordings[0])

    @property
    def lines(self) -> dict[str, Line]:
        """Every line by its name; ConfigError with every problem."""
        lines, problems = self.line_records
        if problems:
            raise ConfigError(problems)
        return lines

    @cached_property
    def database(self) -> Database:
        return open_database(self.settings, self._database_answered)

    @cached_property
    def database_service(self) -> Service:
        slow_seconds = self.settings.database.slow_seconds
        return Service("database", self.clock, slow_seconds, told=self.metrics.service_judged)

    @cached_property
    def switch_watch(self) -> SwitchWatch:
        return SwitchWatch(self.settings, told=self.metrics.critical.set)

    @cached_property
    def gateway_service(self) -> Service:
        slow_seconds = self.settings.gateway.slow_seconds
        return Service("gateway", self.clock, slow_seconds, told=self.metrics.service_judged)

    @cached_property
    def directory(self) -> Directory:
        return open_directory(self.settings, self.database, self.their_database, self.clock)

    @cached_property
    def their_database(self) -> Database | None:
        """The operator's own database, where the settings name one."""
        return open_their_database(self.settings)

    @cached_property
    def their_statements(self) -> StatementReader | None:
        statements = self.settings.directory.statements
        if self.their_database is None or statements is None:
            return None
        return StatementReader(self.their_database, statements)

    @cached_property
    def subscriptions(self) -> Subscriptions:
        reader, ours = self.their_statements, self.database
        read = subscriptions.in_our_tables(ours) if reader is None else subscriptions.in_their_database(reader)
        return subscriptions.StoredSubscriptions(ours, read, self.clock)

    @cached_property
    def appointments(self) -> Appointments:
        reader, ours = self.their_statements, self.database
        read = appointments.in_our_tables(ours) if reader is None else appointments.in_their_database(reader)
        return appointments.StoredAppointments(ours, read, self.clock)

    @cached_property
    def schedule(self) -> Schedule:
        return self.settings.jobs.schedule()

    @cached_property
    def ledger(self) -> Ledger:
        limits = self.settings.payments.velocity.limits()
        return SqlLedger(self.database, self.clock, schedule=self.schedule, limits=limits)

    @cached_property
    def soon(self) -> Soon:
        """The one writer of this process for what no call waits for."""
        return Soon(self.database, self.clock)

    @cached_property
    def checkpoints(self) -> SqlCheckpoints:
        return SqlCheckpoints(self.database, self.soon)

    @cached_property
    def desk(self) -> Desk:
        return SqlDesk(self.database, self.clock, self.soon)

    @cached_property
    def orders(self) -> OrderReader:
        return OrderReader(self.desk)

    @cached_property
    def live_calls(self) -> SqlLiveCalls:
        return SqlLiveCalls(self.database, self.clock, self.soon)

    @cached_property
    def desk_view(self) -> DeskView:
        return SqlDeskView(self.database, self.clock)

    @cached_property
    def links(self) -> SqlLinks:
        page, public_url = self.settings.messages.pay_link, self.settings.web.public_url
        return SqlLinks(self.database, self.clock, page, public_url=public_url, directory=self.directory)

    @cached_property
    def surveys(self) -> Surveys:
        return SqlSurveys(self.database, self.clock)

    @cached_property
    def methods(self) -> SavedMethods:
        return SqlSavedMethods(self.database, self.clock)

    @cached_property
    def consents(self) -> Consents:
        return SqlConsents(self.database, self.clock)

    @cached_property
    def proofs(self) -> SqlProofs:
        return SqlProofs(self.database, self.clock, self._hash_key())

    @cached_property
    def remembered(self) -> SqlCallers:
        return SqlCallers(self.database, self.clock)

    @property
    def callers(self) -> Callers:
        return self.remembered if self.settings.callers.keep_days else NoCallers()

    @cached_property
    def refunds(self) -> RefundBook:
        return SqlRefunds(self.database, self.clock, schedule=self.schedule)

    @cached_property
    def audit(self) -> Audit:
        return SqlAudit(self.database, self.clock)

    @cached_property
    def collection(self) -> CollectionPolicy:
        """What due dates are decided by."""
        return self.settings.agreements.policy(self.settings.timezone)

    @cached_property
    def agreements(self) -> Agreements:
        return SqlAgreements(self.database, self.clock, self.collection)

    @cached_property
    def agreement_records(self) -> AgreementRecords:
        return AgreementRecords(self.agreements, self.consents, self.methods, self.outbox, self.audit, self.tasks)

    @cached_property
    def tasks(self) -> Tasks:
        return SqlTasks(self.database, self.clock)

    @cached_property
    def outbox(self) -> Outbox:
        return SqlOutbox(self.database, self.clock)

    @cached_property
    def messengers(self) -> Mapping[MessageKind, Messenger]:
        return open_messengers(self.settings.messages)

    @cached_property
    def receipt_texts(self) -> ReceiptTemplates:
        return load_receipt_texts(self.settings)

    @cached_property
    def gateway(self) -> Gateway:
        return MeasuredGateway(open_gateway(self.settings.gateway), self.metrics)

    @cached_property
    def resolver(self) -> PaymentResolver:
        return PaymentResolver(self.ledger, self.gateway, self.clock, self.schedule)

    @cached_property
    def returned_debits(self) -> ReturnedDebits:
        return ReturnedDebits(self.ledger, self.methods, self.vault)

    @cached_property
    def office(self) -> GatewayOffice:
        return BraintreeOffice(gateway_account(self.settings.gateway))

    @cached_property
    def vault(self) -> Vault:
        return BraintreeVault(gateway_account(self.settings.gateway))

    @cached_property
    def hints(self) -> Hints:
        return SqlHints(self.database, self.clock)

    @cached_property
    def disputes(self) -> DisputeBook:
        return SqlDisputes(self.database, self.clock)

    @cached_property
    def records(self) -> Records:
        return Records(self.ledger, self.refunds, self.outbox, self.disputes, self.audit, self.tasks, self.gateway)

    @cached_property
    def refund_desk(self) -> RefundDesk:
        return RefundDesk(self.ledger, self.refunds, self.gateway, self.resolver, self.tasks, self.audit)

    @cached_property
    def cashier(self) -> Cashier:
        part = self.settings.payments
        return GatewayCashier(
            self.ledger,
            self.gateway,
            self.clock,
            marker=Marker(self._hash_key()),
            resolver=self.resolver,
            recheck_seconds=part.recheck_seconds,
            health=GatewayHealth(self.gateway.check, self.clock, service=self.gateway_service),
            needs=[self.database_service.works, self.switch_watch.well],
        )

    @cached_property
    def people(self) -> People:
        """Loaded on first use: its libraries are the console's alone, and a call does not wait for them."""
        from fs_app.store.people import SqlPeople

        part = self.settings.console
        key = None if part.key is None else part.key.get_secret_value()
        return SqlPeople(self.database, self.clock, part.times(), key)

    def _hash_key(self) -> str:
        """What is hashed with a key, is hashed with this one."""
        key = self.settings.payments.velocity.hash_key or self.settings.gateway.private_key
        return key.get_secret_value()

    def _database_answered(self, seconds: float, ok: bool) -> None:
        self.metrics.database_answered(seconds, ok)
        self.database_service.answered(seconds, ok)

    def close(self) -> None:
        """Close what was opened."""
        self.orders.close()
        self.soon.close()
        self.remembered.close()
        self.database.close()
