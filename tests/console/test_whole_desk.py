"""The whole desk with real processes: ``fs-app serve`` with its workers, jobs and console; callers on the simulated
switch; agents in Chromium. What is clicked happens on the line, and what is keyed shows on the page."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import gevent
import pytest
from gevent.event import Event
from playwright.sync_api import Browser, Page, expect

from fs_app.app.parts import SystemClock
from fs_app.demo.people import DemoConsole, add_people
from fs_app.demo.workspace import Workspace
from fs_app.domain.payment import PaymentState
from fs_app.domain.people import Role
from fs_app.ports.people import LinkPurpose, NewUser
from fs_app.prompts.voice import FileVoice, load_voice
from fs_app.store.ledger import SqlLedger
from fs_app.store.people import SqlPeople
from fs_app.testing.switch import Agents, Call, SimulatedSwitch, What, dialplan
from tests.consolekit import AGENT, OTHER, ROOT, picture, without_barriers

_SECONDS = 20.0
_BETWEEN_KEYS = 0.8
CARD, DATE, WRONG_CODE, CODE, ZIP = "4111111111111111", "0931", "200", "987", "94107"


class Caller:
    """Somebody on the telephone: hears what is said, and keys."""

    def __init__(self, call: Call, voice: FileVoice) -> None:
        self.call = call
        self._voice = voice
        self.heard: list[str] = []

    def hears(self, words: str) -> None:
        """Wait for a prompt with these words, hearing out those before it; AssertionError where none comes."""
        self.call.hear_out()
        until = time.monotonic() + _SECONDS
        while (left := until - time.monotonic()) > 0:
            happening = self.call.next(min(left, 0.1))
            if happening is not None and happening.what is What.PROMPT:
                self.heard.append(happening.spoken(self._voice.text_of))
                if words in self.heard[-1]:
                    return
                self.call.hear_out()
        raise AssertionError(f"{words!r} was not said; heard: {self.heard}")

    def keys(self, keys: str) -> None:
        """Hear the prompt out, and key."""
        self.call.hear_out()
        self.call.press(keys)

    @contextmanager
    def keying(self, keys: str) -> Iterator[None]:
        """Hear the prompt out, and key slowly, but with no pause that ends an answer, until the block has seen what
        it looks for; then the rest."""
        self.call.hear_out()
        seen = Event()

        def key_by_key() -> None:
            for key in keys:
                self.call.press(key)
                seen.wait(_BETWEEN_KEYS)

        keying = gevent.spawn(key_by_key)
        try:
            yield
        finally:
            seen.set()
            keying.get(timeout=_SECONDS)

    def answers(self, *turns: tuple[str, str]) -> None:
        """Hear these words, and key that, one after the other."""
        for words, keys in turns:
            self.hears(words)
            self.keys(keys)

    def asks_for_a_person(self) -> None:
        """As account 10001, whose PIN is right, at the question for the amount."""
        self.answers(("account number", "10001#"), ("PIN", "1234"), ("in full, press 1", "0"))
        self.hears("connect you to a representative")
        self.call.hear_out()


class Desk:
    """What runs, and how to sit down at it."""

    def __init__(self, workspace: Workspace, people: DemoConsole, browser: Browser, windows: ExitStack) -> None:
        self.people = people
        self.ledger = SqlLedger(workspace.database, SystemClock("UTC"))
        self.store = SqlPeople(workspace.database, SystemClock("UTC"), workspace.settings.console.times(), None)
        self._browser = browser
        self._windows = windows
        self._voice = load_voice(workspace.settings.sounds)
        # Nobody answers by themselves: a telephone rings, and is taken up, when a test says so.
        self.switch = windows.enter_context(
            SimulatedSwitch(
                dialplan(workspace.hosts), agents={"payments": Agents(after=None, names=(AGENT, OTHER))}
            )
        )

    def window(self, name: str) -> Page:
        """Somebody signs in, by name and password."""
        context = self._browser.new_context(base_url=self.people.url)
        self._windows.callback(context.close)
        context.set_default_timeout(_SECONDS * 1000)
        page = context.new_page()
        page.goto("/")
        page.get_by_label("Name", exact=True).fill(name)
        page.get_by_label("Password").fill(self.people.password)
        page.get_by_role("button").click()
        return page

    def caller(self) -> Caller:
        """Somebody dials."""
        return Caller(self.switch.dial("+14155550199", stepped=True), self._voice)

    def paid(self) -> Sequence[str]:
        """What the ledger holds as paid."""
        return [str(each.request.amount) for each in self.ledger.payments() if each.state in PAID]


PAID = (PaymentState.SUBMITTED, PaymentState.SETTLED)


@pytest.fixture
def desk(tmp_path: Path, browser: Browser) -> Iterator[Desk]:
    with (
        Workspace(ROOT / "conf" / "fs_app.yaml", tmp_path / "site", workers=2) as workspace,
        ExitStack() as windows,
    ):
        people = add_people(workspace.settings)
        running = Desk(workspace, people, browser, windows)
        omar = running.store.users.add(NewUser("omar", frozenset({Role.AGENT}), "Omar", OTHER, "en"))
        running.store.links.use(running.store.links.make(omar.id, LinkPurpose.SETUP), people.password)
        yield running


def eventually(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + _SECONDS
    while not holds() and time.monotonic() < until:
        time.sleep(0.05)
    return holds()


def test_an_agent_takes_a_payment_hands_the_call_over_and_the_caller_goes_on_alone(desk: Desk) -> None:
    maria = desk.window("maria")
    expect(maria.get_by_text("Nobody is on the line with you.")).to_be_visible()
    supervisor = desk.window("sam")
    caller = desk.caller()
    caller.asks_for_a_person()

    # The page knows why they call while the telephone still rings.
    assert eventually(lambda: caller.call.waiting is not None)
    caller.call.waiting.ring(AGENT)
    main = maria.get_by_role("main")
    expect(main).to_contain_text("10001")
    for text in ("Proved", "+14155550199", "pay_balance · amount", "$42.50"):
        expect(main).to_contain_text(text)
    picture(maria, "whole-rings")
    caller.call.waiting.answer()
    expect(main).to_contain_text("In a talk")

    # The payment: what is keyed is counted, a decline comes with its advice, the next try goes through.
    maria.get_by_role("button", name="Take the payment").click()
    caller.hears("stays on the line")
    caller.hears("card number")
    panel = maria.get_by_role("region", name="The payment")
    number = panel.get_by_role("listitem").filter(has_text="Card number")
    with caller.keying(CARD):
        expect(number).to_contain_text(re.compile(r"[1-9]\d? of 16 keys"))
    for words, keys in (
        ("expiration date", DATE),
        ("security code", WRONG_CODE),
        ("zip code", ZIP),
        ("press 1", "1"),
    ):
        caller.hears(words)
        caller.keys(keys)
    caller.hears("The security code did not match")
    expect(panel).to_contain_text("have the three or four digits on the card typed again")
    picture(maria, "whole-declined")
    caller.answers(("security code", CODE), ("press 1", "1"))
    caller.hears("Your confirmation number is")
    expect(panel).to_contain_text("The payment is made. The caller hears it now, too.")
    assert desk.paid() == ["42.50 USD"]
    assert not caller.call.agent.keys and not caller.call.agent.tones

    # Another agent takes the call over by telephone, and says on the page that it is theirs.
    caller.hears("back with your representative")
    caller.call.agent.transfer(OTHER)
    caller.hears("back with your representative")  # what the transfer tore is said again
    caller.call.hear_out()
    # Now that nothing is said, which has a limit of its own: what takes a busy machine its time.
    expect(panel).to_contain_text("The payment is made")
    assert without_barriers(maria) == []
    picture(maria, "whole-approved")
    supervisor.goto("/floor")
    expect(supervisor.get_by_role("main")).to_contain_text("+14155550199")
    picture(supervisor, "whole-floor")
    omar = desk.window("omar")
    omar.get_by_role("link", name="10001").first.click()
    omar.get_by_role("button", name="This is my call").click()
    omar.reload()
    expect(omar.get_by_role("main")).to_contain_text("In a talk")

    # And sends the caller back: they are asked by the machine again, at a server, in the same call.
    omar.get_by_role("button", name="Back to self-service").click()
    caller.hears("You can go on by yourself")
    caller.hears("account number")
    expect(omar.get_by_role("main")).to_contain_text("Sent back to self-service")
    caller.call.hang_up()

    # The audit has all of it: what was asked for before it was done, and what came of it.
    entries = [each for each in desk.store.audit.entries() if each.deed.user in ("maria", "omar")][::-1]
    assert [(each.deed.user, each.deed.action, each.result) for each in entries] == [
        ("maria", "sign_in", "done"),
        ("maria", "order", "asked"),
        ("maria", "order", "order 1"),
        ("omar", "sign_in", "done"),
        ("omar", "claim_call", "asked"),
        ("omar", "claim_call", "done"),
        ("omar", "order", "asked"),
        ("omar", "order", "order 2"),
    ]
    done = [each.deed for each in entries if each.result != "asked" and each.deed.action != "sign_in"]
    assert {deed.subject for deed in done} == {caller.call.uuid}
    assert "take_payment 42.50 USD" in done[0].detail
    assert "send_to self_service" in done[-1].detail
    kept = "\n".join(f"{each.deed} {each.result}" for each in entries)
    assert not any(secret in kept for secret in (CARD, DATE, CODE, desk.people.password))
