"""Finance in Chromium: payments, one payment, and giving money back at the local gateway."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from fs_app.domain.money import Money
from fs_app.domain.payment import Approved, Payment, PaymentRequest, PaymentState, Submitted
from fs_app.domain.people import Role
from fs_app.gateways.sandbox import SandboxServer
from fs_app.ports import ChargeRequest
from tests.cards import visa
from tests.consolekit import RunningConsole, console_settings, picture, without_barriers

Opened = Callable[..., Page]
AMOUNT = Money(4250, "USD")


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[SandboxServer]:
    server = SandboxServer(("127.0.0.1", 0))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def console(tmp_path: Path, gateway: SandboxServer) -> Iterator[RunningConsole]:
    """A console beside a gateway that answers."""
    running = RunningConsole(console_settings(tmp_path, gateway={"listen": f"127.0.0.1:{gateway.port}"}))
    yield running
    running.stop()


@pytest.fixture
def page(console: RunningConsole, opened: Opened) -> Page:
    return opened(console.add("fay", Role.FINANCE, full_name="Fay Stone"))


def paid(console: RunningConsole) -> Payment:
    """A payment that was taken, as the cashier takes it."""
    ledger, gateway = console.parts.ledger, console.parts.gateway
    payment = ledger.open(PaymentRequest("uuid", "demo-10001", "demo-10001-1", AMOUNT, "visa", "1111"))
    held = gateway.authorise(ChargeRequest(payment.order_id, AMOUNT, visa("4111111111111111")))
    assert isinstance(held, Approved)
    ledger.record(payment.id, held)
    submitted = gateway.submit(held.transaction_id, AMOUNT)
    assert isinstance(submitted, Submitted)
    return ledger.record(payment.id, submitted)


def test_a_payment_is_found_by_its_confirmation_and_given_back_with_a_reason(
    console: RunningConsole, page: Page
) -> None:
    payment = paid(console)
    page.goto("/payments")
    expect(page.get_by_role("row").filter(has_text=payment.confirmation)).to_contain_text("Visa ···· 1111")
    picture(page, "payments")
    assert without_barriers(page) == []
    page.get_by_label("Find").fill(payment.confirmation)
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Payment {payment.id}")
    page.wait_for_load_state()  # without its scripts the page says what came of it otherwise
    picture(page, "payment")
    assert without_barriers(page) == []
    page.get_by_label("Reason").first.fill("Paid twice")
    page.get_by_role("button", name="Give it back whole").click()
    assert console.parts.ledger.get(payment.id).state is PaymentState.SUBMITTED, (
        "nobody has said that it is checked"
    )
    page.get_by_label("I have checked it").first.check()
    page.get_by_role("button", name="Give it back whole").click()
    expect(page.get_by_text("Done.", exact=True)).to_be_visible()
    assert console.parts.ledger.get(payment.id).state is PaymentState.VOIDED
    assert [(each.deed.operator, each.deed.reason) for each in console.parts.audit.entries(payment.id)] == [
        ("fay", "Paid twice"),
        ("fay", "Paid twice"),
    ]
    page.reload()
    expect(page.get_by_text("Given back before settlement").first).to_be_visible()
    expect(page.get_by_role("button", name="Give it back whole")).to_be_hidden()
    trail = [
        (each.deed.action, each.result.split(":")[0]) for each in console.parts.people.audit.entries(user="fay")
    ]
    assert trail == [("void", "done"), ("void", "asked")]


def test_a_refund_that_the_gateway_does_not_take_yet_says_why(console: RunningConsole, page: Page) -> None:
    payment = paid(console)
    page.goto(f"/payments/{payment.id}")
    page.get_by_label("Amount (USD)").fill("10.00")
    page.get_by_label("Reason").last.fill("Wrong bill")
    page.get_by_label("I have checked it").last.check()
    page.get_by_role("button", name="Refund").click()
    expect(page.get_by_text("It is not settled yet: give it back whole, or refund it when it is.")).to_be_visible()
    assert console.parts.refunds.refunds(payment_id=payment.id) == []


def test_a_settled_payment_is_refunded_in_part(console: RunningConsole, gateway: SandboxServer, page: Page) -> None:
    payment = paid(console)
    gateway.control.settle()
    page.goto(f"/payments/{payment.id}")
    page.get_by_label("Amount (USD)").fill("10.00")
    page.get_by_label("Reason").last.fill("Wrong bill")
    page.get_by_label("I have checked it").last.check()
    page.get_by_role("button", name="Refund").click()
    expect(page.get_by_text("Done.", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_role("region", name="Refunds")).to_contain_text("$10.00")
    expect(page.get_by_text("At most $32.50 can be given back.")).to_be_visible()
    refund = console.parts.refunds.refunds(payment_id=payment.id)[0].request
    assert (refund.amount, refund.operator, refund.reason) == (Money(1000, "USD"), "fay", "Wrong bill")


def test_nothing_is_given_back_without_a_reason(console: RunningConsole, page: Page) -> None:
    payment = paid(console)
    page.goto(f"/payments/{payment.id}")
    page.get_by_label("Reason").first.fill("   ")
    page.get_by_label("I have checked it").first.check()
    page.get_by_role("button", name="Give it back whole").click()
    expect(page.get_by_text("Write down why.")).to_be_visible()
    assert console.parts.ledger.get(payment.id).state is PaymentState.SUBMITTED


def test_days_and_states_choose_what_is_shown(console: RunningConsole, page: Page) -> None:
    payment = paid(console)
    page.goto("/payments?state=declined")
    expect(page.get_by_text("Nothing fits.")).to_be_visible()
    page.goto("/payments?until=2020-01-01")
    expect(page.get_by_text("Nothing fits.")).to_be_visible()
    page.goto("/payments?q=1111")
    expect(page.get_by_role("link", name=payment.confirmation)).to_be_visible()
    assert page.goto("/payments/4711").status == 404
