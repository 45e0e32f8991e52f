"""The console in Chromium: a server on loopback with a database of its own, a worker that tells the desk what calls
do, and people who look at it. For tests of the pages, and for those with real calls."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import gevent
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from fs_app.app.console import Console
from fs_app.app.desk_parts import DeskParts
from fs_app.domain.assist import AssistState, AssistView, FieldState, FieldView
from fs_app.domain.handover import HandoverEnd, Identified, Reason
from fs_app.domain.money import Money
from fs_app.domain.people import Role
from fs_app.ports import BillNote, Context, FailureNote, HandoverTicket, LiveCall, Order, OrderKind
from fs_app.ports.listening import ListenAnswer
from fs_app.ports.people import LinkPurpose, NewUser, User
from fs_app.ports.switchboard import AgentSeen, AgentStatus, SwitchAnswer
from fs_app.settings import Settings
from fs_app.store.demo_data import insert_demo_data
from fs_app.store.schema import migrate

ROOT = Path(__file__).resolve().parents[1]
PASSWORD = "nine green herons wade"
AGENT, OTHER = "maria@default", "omar@default"
_CHROMIUM = (
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
_SECONDS = 30.0  # a machine that is busy may take its time; what is waited for comes in a fraction of a second
SHOTS = "FS_APP_SCREENSHOTS"
"""An environment variable: a folder for pictures of the pages, for whoever wants to look at them."""


class FakeSwitchboard:
    """The Switchboard port in memory."""

    def __init__(self) -> None:
        self.answer = SwitchAnswer.DONE
        self.statuses: dict[str, str] = {AGENT: "Available", OTHER: "On Break"}
        self.asks = True

    def set_status(self, agent: str, status: AgentStatus) -> SwitchAnswer:
        """What `answer` says."""
        if self.answer is SwitchAnswer.DONE:
            self.statuses[agent] = status.value
        return self.answer

    def agents(self) -> list[AgentSeen] | None:
        """Everybody who has a status."""
        return [AgentSeen(name, status, "Waiting") for name, status in self.statuses.items()] if self.asks else None


class FakeListening:
    """The Listening port in memory: telephones that ring, by whom, and what is asked as they are answered."""

    def __init__(self) -> None:
        self.answer = ListenAnswer.RINGS
        self.asked: list[tuple[str, str, str]] = []
        self.allowed: list[Callable[[], bool]] = []

    def begin(self, call_uuid: str, leg: str, agent: str, allowed: Callable[[], bool]) -> ListenAnswer:
        """What `answer` says."""
        self.asked.append((call_uuid, leg, agent))
        self.allowed.append(allowed)
        return self.answer


class SitedParts(DeskParts):
    """The console's parts, with a switchboard in memory unless it is taken away, and telephones in memory."""

    @cached_property
    def switchboard(self) -> Any:
        return FakeSwitchboard()

    @cached_property
    def listening(self) -> Any:
        return FakeListening()


def console_settings(folder: Path, **more: Any) -> Settings:
    """A console on a free port of loopback, with an SQLite database in that folder."""
    return Settings.model_validate(
        {
            "database": {"url": f"sqlite:///{folder}/console.sqlite"},
            "messages": {
                "templates": str(ROOT / "conf/messages.yaml"),
                "pay_link": "https://pay.example.org/{account}/{bill}?amount={amount}",
            },
            "lines": str(ROOT / "conf/lines.yaml"),
            "flows": str(ROOT / "conf/flows"),
            "sounds": str(ROOT / "sounds"),
            "console": {"listen": "127.0.0.1:0", "secure_cookies": False},
            **more,
        }
    )


class RunningConsole:
    """A console that serves, in this process. ``parts`` reach its database, as a worker's would."""

    def __init__(self, settings: Settings, parts: DeskParts | None = None) -> None:
        self.parts = parts or SitedParts(settings)
        migrate(self.parts.database)
        insert_demo_data(self.parts.database, self.parts.clock.today())
        self._console = Console(settings, self.parts)
        self._console.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._console.port}"

    @property
    def switchboard(self) -> FakeSwitchboard:
        assert isinstance(self.parts.switchboard, FakeSwitchboard)
        return self.parts.switchboard

    @property
    def listening(self) -> FakeListening:
        assert isinstance(self.parts.listening, FakeListening)
        return self.parts.listening

    def add(
        self, name: str, *roles: Role, agent: str | None = None, language: str = "en", full_name: str = ""
    ) -> User:
        """Somebody who works here; without a password."""
        return self.parts.people.users.add(NewUser(name, frozenset(roles), full_name, agent, language))

    def with_password(self, user: User) -> User:
        """Give them `PASSWORD`."""
        links = self.parts.people.links
        links.use(links.make(user.id, LinkPurpose.SETUP), PASSWORD)
        return user

    def sign_in(self, context: BrowserContext, user: User) -> None:
        """A session of theirs for that browser, without the form."""
        token = self.parts.people.sessions.open(user.id, "127.0.0.1", "a test")
        context.add_cookies([{"name": "fs_app", "value": token, "url": self.url}])

    def stop(self) -> None:
        self._console.stop()


CONTEXT = Context(
    call_uuid="5e0a7d1c-0000-4000-8000-000000000001",
    reason=Reason.ERRORS,
    flow="pay_balance",
    step="card",
    language="es_MX",
    line="main",
    caller_id="+15550101234",
    identified=Identified.PROVED,
    account_id="demo-11001",
    account_number="11001",
    bills=(
        BillNote("demo-11001-1", "700101", Money(6000, "USD")),
        BillNote("demo-11001-2", "700102", Money(2450, "USD")),
    ),
    amount=Money(8450, "USD"),
    failures=(FailureNote("declines", 1), FailureNote("no_answer", 2)),
    said=("Su saldo es de ochenta y cuatro dólares con cincuenta.", "Teclee el número de su tarjeta."),
    path=("welcome:done", "who:found", "balance:told", "card:too_many_errors"),
    steps=("who", "amount", "card", "survey"),
    may_skip_code=True,
)
"""A caller who is known, owes two bills, and could not type their card."""


@dataclass
class DeskWorker:
    """What a worker tells the desk of one call, and what it is told."""

    parts: DeskParts
    context: Context = CONTEXT
    queue: str = "payments@default"
    ticket: HandoverTicket | None = None
    view: AssistView | None = None
    payments: int = field(default=0)

    @property
    def uuid(self) -> str:
        return self.context.call_uuid

    @property
    def id(self) -> int:
        assert self.ticket is not None
        return self.ticket.id

    def hand_over(self) -> DeskWorker:
        """The caller waits."""
        self.ticket = self.parts.desk.open(self.context, self.queue)
        self.live()
        self.parts.desk.waiting(self.id, 1, 60)
        return self

    def lives(self) -> None:
        """Say that the call is theirs, again and again: a page takes no orders for a call of which it has heard
        nothing for long, and a busy machine makes a test last that long. For a greenlet."""
        while True:
            self.parts.desk.alive([self.uuid])
            gevent.sleep(2)

    def live(self, *, secret: bool = False, step: str = "") -> None:
        """The call is up."""
        now, context = self.parts.clock.now(), self.context
        self.parts.live_calls.tell(
            LiveCall(
                uuid=self.uuid, worker="one:1", flow=context.flow, step=step or context.step,
                language=context.language, since=now - timedelta(seconds=95),
                step_since=now - timedelta(seconds=12), line=context.line, caller_id=context.caller_id,
                account_id=context.account_id, secret=secret,
            )
        )  # fmt: skip

    def ring(self, agent: str = AGENT) -> DeskWorker:
        """An agent's telephone rings."""
        self.parts.desk.offered(self.id, agent)
        return self

    def talk(self, agent: str = AGENT) -> DeskWorker:
        """They talk."""
        self.parts.desk.talking(self.id, agent, "a-leg")
        return self

    def end(self, end: HandoverEnd) -> None:
        """It is over."""
        self.parts.desk.ended(self.id, end)

    def order(self, kind: OrderKind, result: str = "done") -> Order:
        """The next order, which must be of that kind, answered."""
        order = eventually(lambda: next(iter(self.parts.desk.take([self.uuid])), None))
        assert order.kind is kind, order
        self.parts.desk.answer(order.id, result)
        return order

    def begin(self, order: Order) -> None:
        """A payment begins: every field waits."""
        self.payments += 1
        names = ("number", "expiry", "security_code", "postal_code")
        fields = tuple(FieldView(name) for name in names)
        assert order.amount is not None
        self.view = AssistView(
            self.uuid, self.payments, self.id, order.by, AssistState.STARTING, order.amount, order.bills, fields
        )
        self.tell()

    def tell(self, state: AssistState | None = None, **changes: Any) -> None:
        """How the payment stands now."""
        assert self.view is not None
        self.view = replace(self.view, state=state or self.view.state, **changes)
        self.parts.desk.assist(self.view)

    def field(self, name: str, state: FieldState, keys: int = 0, of: int = 0, why: str = "") -> None:
        """One field changes."""
        assert self.view is not None
        changed = FieldView(name, state, keys, of, why)
        fields = tuple(changed if each.name == name else each for each in self.view.fields)
        self.tell(AssistState.ASKING, fields=fields)

    def accept_all(self) -> None:
        """The caller has typed everything."""
        assert self.view is not None
        fields = tuple(replace(each, state=FieldState.ACCEPTED, keys=0) for each in self.view.fields)
        self.tell(AssistState.CONFIRMING, fields=fields, brand="visa", last_four="1111")


def eventually(look: Callable[[], Any], seconds: float = _SECONDS) -> Any:
    """What ``look`` finds at last; AssertionError where it finds nothing in time."""
    with gevent.Timeout(seconds, AssertionError("it did not happen in time")):
        while not (found := look()):
            gevent.sleep(0.05)
        return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, for as long as it lasts."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(_CHROMIUM))
        yield browser
        browser.close()


@contextmanager
def window(browser: Browser, console: RunningConsole, user: User | None = None, **options: Any) -> Iterator[Page]:
    """A window of its own, of somebody who is signed in. What goes wrong in its scripts, and what its content
    policy refuses, is an error of the test."""
    context = browser.new_context(base_url=console.url, **options)
    context.set_default_timeout(_SECONDS * 1000)
    if user is not None:
        console.sign_in(context, user)
    page, wrong = context.new_page(), list[str]()
    page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert [each for each in wrong if "Failed to load resource" not in each] == []


def without_barriers(page: Page) -> list[str]:
    """What axe finds, as ``rule: element``; nothing is as it should be."""
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"]]


def picture(page: Page, name: str) -> None:
    """A picture of the whole page, where somebody wants pictures."""
    folder = os.environ.get(SHOTS)
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
