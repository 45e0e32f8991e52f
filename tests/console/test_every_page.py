"""Every page in every language, wide and narrow, light and dark: no barrier, and nothing runs over the edge."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from fs_app.console.words import LANGUAGES
from fs_app.domain.assist import AssistState, FieldState
from fs_app.domain.handover import HandoverEnd
from fs_app.domain.money import Money
from fs_app.domain.payment import Approved, PaymentRequest, TransactionId
from fs_app.domain.people import Role
from fs_app.ports import CallbackRequest, Order, OrderKind
from tests.consolekit import AGENT, DeskWorker, RunningConsole, picture, without_barriers

Opened = Callable[..., Page]
AMOUNT = Money(4250, "USD")
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 320, "height": 640}
RUNS_OVER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def filled(console: RunningConsole, worker: DeskWorker) -> Iterator[RunningConsole]:
    """A console with something on every page."""
    parts = console.parts
    worker.hand_over().talk()
    order = Order(1, worker.uuid, OrderKind.TAKE_PAYMENT, "everybody", (), Money(8450, "USD"))
    worker.begin(order)
    worker.field("number", FieldState.ACCEPTED)
    worker.field("expiry", FieldState.TYPING, 2, 4)
    parts.desk_view.give_order(worker.uuid, OrderKind.CLEAR, "everybody")
    parts.desk_view.add_note("demo-11001", "everybody", "Pays on Fridays")
    payment = parts.ledger.open(PaymentRequest("uuid", "demo-11001", "demo-11001-1", AMOUNT, "visa", "1111"))
    parts.ledger.record(payment.id, Approved(TransactionId("t1"), AMOUNT))
    other = DeskWorker(parts, worker.context.__class__(
        call_uuid="5e0a7d1c-0000-4000-8000-00000000000f", reason=worker.context.reason, flow="rent", step="who",
        language="ar", caller_id="+15550100099",
    ))  # fmt: skip
    other.hand_over()
    parts.desk.call_back(CallbackRequest(other.uuid, other.queue, "+15550100099", "ar", other.id))
    other.end(HandoverEnd.CALL_BACK)
    parts.desk_messages.send("everybody", "sam", "Offer the other card", worker.uuid)
    yield console


def paths(worker: DeskWorker, user_id: int) -> dict[str, str]:
    return {
        "agent": "/agent", "call": f"/agent/calls/{worker.id}", "floor": "/floor", "payments": "/payments",
        "payment": "/payments/1", "people": "/people", "person": f"/people/{user_id}", "audit": "/audit",
        "account": "/account",
    }  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_has_a_barrier_or_runs_over_the_edge(
    filled: RunningConsole, opened: Opened, worker: DeskWorker, language: str
) -> None:
    user = filled.add("everybody", *Role, agent=AGENT, language=language, full_name="Robin Hart")
    wrong = {}
    for scheme, size in (("light", WIDE), ("dark", NARROW)):
        page = opened(user, viewport=size, color_scheme=scheme)
        page.add_init_script(f"sessionStorage.setItem('fs_app.popped', '[{worker.id}]')")
        for name, path in paths(worker, user.id).items():
            page.goto(path)
            page.locator("html:not([data-feed]), html[data-connection=live]").first.wait_for(state="attached")
            found = without_barriers(page)
            if page.evaluate(RUNS_OVER):
                found.append("it runs over the edge")
            if found:
                wrong[name, scheme] = found
            picture(page, f"{name}-{language}-{scheme}")
    assert wrong == {}


def test_the_state_of_a_payment_is_told_in_the_agents_language(
    filled: RunningConsole, opened: Opened, worker: DeskWorker
) -> None:
    page = opened(filled.add("hala", Role.AGENT, agent=AGENT, language="ar"))
    page.goto(f"/agent/calls/{worker.id}")
    assert page.locator("html").get_attribute("dir") == "rtl"
    worker.tell(AssistState.DECLINED, why="declined_funds")
    page.get_by_text("رفض البنك. لم يُخصم شيء.").wait_for()
    page.locator(".advice").get_by_text("لا يوجد مال كافٍ في الحساب").wait_for()
