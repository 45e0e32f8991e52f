"""An assisted payment in Chromium: what the agent sees while a worker tells how it stands, and what is ordered."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from fs_app.domain.assist import AssistState, FieldState
from fs_app.domain.money import Money
from fs_app.domain.payment import PaymentId
from fs_app.ports import OrderKind
from fs_app.ports.people import User
from tests.consolekit import DeskWorker, RunningConsole, eventually, picture, without_barriers

Opened = Callable[..., Page]


@pytest.fixture
def page(opened: Opened, maria: User, worker: DeskWorker) -> Page:
    """The page of a call that Maria talks to."""
    worker.hand_over().talk()
    page = opened(maria)
    page.goto(f"/agent/calls/{worker.id}")
    return page


def panel(page: Page) -> Locator:
    return page.get_by_role("region", name="The payment")


def row(page: Page, name: str) -> Locator:
    return panel(page).get_by_role("listitem").filter(has_text=name)


def begin(page: Page, worker: DeskWorker) -> None:
    page.get_by_role("button", name="Take the payment").click()
    worker.begin(worker.order(OrderKind.TAKE_PAYMENT))


def test_an_agent_sees_a_decline_with_its_advice_and_then_a_success(page: Page, worker: DeskWorker) -> None:
    page.get_by_role("checkbox", name="700102").uncheck()
    expect(page.get_by_label("Amount (USD)")).to_have_value("60.00")
    page.get_by_role("button", name="Take the payment").click()
    expect(page.get_by_text("Told: Take $60.00.")).to_be_visible()
    order = worker.order(OrderKind.TAKE_PAYMENT)
    assert (order.by, order.bills, order.amount) == ("maria", ("demo-11001-1",), Money(6000, "USD"))
    worker.begin(order)
    expect(panel(page)).to_contain_text("Protection is being proved")
    worker.field("number", FieldState.ASKED)
    expect(row(page, "Card number")).to_contain_text("Asked, no key yet")
    worker.field("number", FieldState.TYPING, 7, 16)
    expect(row(page, "Card number")).to_contain_text("7 of 16 keys")
    expect(row(page, "Expiry date")).to_contain_text("Not asked yet")
    picture(page, "assist-typing")
    assert without_barriers(page) == []
    worker.field("number", FieldState.REFUSED, why="card_number_wrong")
    expect(row(page, "Card number")).to_contain_text("This is no valid card number")
    worker.accept_all()
    expect(panel(page)).to_contain_text("Visa ···· 1111")
    worker.tell(AssistState.DECLINED, why="declined_security_code", payment_id=PaymentId(1))
    expect(panel(page)).to_contain_text("The bank said no. Nothing was charged.")
    expect(panel(page)).to_contain_text("have the three or four digits on the card typed again")
    picture(page, "assist-declined")
    assert without_barriers(page) == []

    page.get_by_role("button", name="Take another try").click()
    worker.begin(worker.order(OrderKind.TAKE_PAYMENT))
    worker.accept_all()
    worker.tell(AssistState.APPROVED, payment_id=PaymentId(2), confirmation="481516")
    expect(panel(page)).to_contain_text("The payment is made. The caller hears it now, too.")
    expect(panel(page)).to_contain_text("481516")
    expect(page.get_by_role("button", name="Take another try")).to_be_hidden()
    picture(page, "assist-approved")
    assert without_barriers(page) == []


@pytest.mark.parametrize(
    ("button", "kind"),
    [
        ("Ask this again", OrderKind.CLEAR),
        ("Back to the field before", OrderKind.BACK),
        ("Stop the payment", OrderKind.CANCEL),
    ],
)
def test_each_button_is_an_order(page: Page, worker: DeskWorker, button: str, kind: OrderKind) -> None:
    begin(page, worker)
    worker.field("expiry", FieldState.TYPING, 2, 4)
    expect(row(page, "Expiry date")).to_contain_text("2 of 4 keys")
    page.get_by_role("button", name=button).click()
    order = worker.order(kind)
    assert order.by == "maria"
    expect(page.get_by_role("region", name="What you told the call").get_by_role("listitem").first).to_contain_text(
        f"{button.replace('this', 'the field')} Done"
    )


def test_the_code_can_be_left_out_only_where_it_is_asked_and_the_operator_allows_it(
    page: Page, worker: DeskWorker
) -> None:
    begin(page, worker)
    worker.field("number", FieldState.TYPING, 2, 16)
    skip = page.get_by_role("button", name="Without the security code")
    expect(skip).to_have_attribute("aria-disabled", "true")
    worker.field("number", FieldState.ACCEPTED)
    worker.field("expiry", FieldState.ACCEPTED)
    worker.field("security_code", FieldState.ASKED)
    expect(skip).not_to_have_attribute("aria-disabled", "true")
    skip.click()
    worker.order(OrderKind.SKIP_CODE)
    worker.field("security_code", FieldState.SKIPPED)
    expect(row(page, "Security code")).to_contain_text("Left out")


def test_an_order_that_the_call_refuses_says_why(page: Page, worker: DeskWorker) -> None:
    page.get_by_role("button", name="Take the payment").click()
    worker.order(OrderKind.TAKE_PAYMENT, "no_bill")
    expect(page.get_by_text("Refused: there is no such bill, or it is paid")).to_be_visible()


def test_an_amount_out_of_the_operators_rules_is_no_order(page: Page, worker: DeskWorker) -> None:
    amount = page.get_by_label("Amount (USD)")
    amount.fill("84.51")
    page.get_by_role("button", name="Take the payment").click()
    expect(page.get_by_text("The most that can be paid is $84.50.")).to_be_visible()
    expect(amount).to_be_focused()
    expect(amount).to_have_attribute("aria-invalid", "true")
    amount.fill("0.99")
    page.get_by_role("button", name="Take the payment").click()
    expect(page.get_by_text("The least that can be paid is $1.00.")).to_be_visible()
    assert list(worker.parts.desk.take([worker.uuid])) == []


def test_where_protection_is_not_proved_the_agent_reads_why_and_what_to_do(page: Page, worker: DeskWorker) -> None:
    begin(page, worker)
    worker.tell(AssistState.NOT_PROTECTED, why="listener")
    expect(panel(page)).to_contain_text("Somebody listens in")
    expect(panel(page)).to_contain_text("Send a link to pay instead")


def test_an_unknown_result_says_not_to_take_another_payment(page: Page, worker: DeskWorker) -> None:
    begin(page, worker)
    worker.tell(AssistState.BEING_CHECKED, payment_id=PaymentId(1))
    expect(panel(page)).to_contain_text("Do not take another payment for this bill")
    expect(page.get_by_role("button", name="Take another try")).to_be_hidden()


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("busy", "Another payment for this bill was made since, or is under way: do not take another"),
        ("trouble", "Nobody could look whether another payment for this bill was made or is under way"),
    ],
)
def test_a_bill_that_may_be_paid_otherwise_is_not_told_as_unpaid_nor_tried_again(
    page: Page, worker: DeskWorker, why: str, said: str
) -> None:
    begin(page, worker)
    worker.accept_all()
    worker.tell(AssistState.UNAVAILABLE, why=why)
    expect(panel(page)).to_contain_text(said)
    expect(panel(page)).to_contain_text("send no link before")
    expect(panel(page)).to_contain_text("Not taken: ")
    expect(panel(page)).not_to_contain_text("charged")
    expect(panel(page)).not_to_contain_text("Not paid")
    expect(page.get_by_role("button", name="Take another try")).to_be_hidden()
    page.keyboard.press("t")
    assert list(worker.parts.desk.take([worker.uuid])) == []
    picture(page, f"assist-{why}")
    assert without_barriers(page) == []


def test_what_failed_before_the_bank_was_asked_can_be_tried_again(page: Page, worker: DeskWorker) -> None:
    begin(page, worker)
    worker.tell(AssistState.UNAVAILABLE, why="trouble_before")
    expect(panel(page)).to_contain_text("It failed before the bank was asked. This try charged nothing.")
    page.get_by_role("button", name="Take another try").click()
    worker.order(OrderKind.TAKE_PAYMENT)


def test_a_whole_payment_goes_by_keys_alone(page: Page, worker: DeskWorker) -> None:
    page.keyboard.press("p")
    expect(page.get_by_role("checkbox", name="700101")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")  # the second bill is left out
    page.keyboard.press("Tab")
    expect(page.get_by_label("Amount (USD)")).to_be_focused()
    expect(page.get_by_label("Amount (USD)")).to_have_value("60.00")
    page.keyboard.press("Enter")
    order = worker.order(OrderKind.TAKE_PAYMENT)
    assert order.bills == ("demo-11001-1",)
    worker.begin(order)
    worker.field("number", FieldState.TYPING, 3, 16)
    expect(row(page, "Card number")).to_contain_text("3 of 16 keys")
    expect(page.get_by_role("heading", name="The payment")).to_be_focused()
    page.keyboard.press("c")
    worker.order(OrderKind.CLEAR)
    page.keyboard.press("x")
    expect(page.get_by_role("button", name="Stop the payment")).to_be_focused()
    page.keyboard.press("Enter")
    worker.order(OrderKind.CANCEL)
    worker.tell(AssistState.CANCELLED, why="agent")
    expect(page.get_by_role("heading", name="The payment")).to_be_focused()
    page.keyboard.press("t")
    again = worker.order(OrderKind.TAKE_PAYMENT)
    assert (again.bills, again.amount) == (order.bills, order.amount)
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys on this page")
    expect(keys).to_be_visible()
    expect(keys.get_by_role("row")).not_to_have_count(1)
    picture(page, "keys")
    assert without_barriers(page) == []
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()


def test_single_keys_can_be_switched_off(page: Page, worker: DeskWorker) -> None:
    page.keyboard.press("?")
    page.get_by_label("Switch single keys off").check()
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    expect(page.get_by_role("checkbox", name="700101")).not_to_be_focused()
    page.reload()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="Keys (?)").click()
    expect(page.get_by_label("Switch single keys off")).to_be_checked()


def test_a_call_of_which_nothing_is_heard_takes_no_orders(
    page: Page, worker: DeskWorker, console: RunningConsole, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fs_app.console.handovers.QUIET", -console.parts.clock.now().resolution)
    expect(page.get_by_role("alert")).to_contain_text("Control lost: nothing has been heard of this call")
    page.get_by_role("button", name="Take the payment").click()
    expect(page.get_by_role("status").filter(has_text="Control lost")).to_be_visible()
    assert list(worker.parts.desk.take([worker.uuid])) == []


def test_an_account_that_the_caller_names_is_looked_up_and_paid(
    opened: Opened, maria: User, worker: DeskWorker
) -> None:
    worker.context = worker.context.__class__(
        call_uuid=worker.uuid, reason=worker.context.reason, flow="pay_balance", step="who", language="en"
    )
    worker.hand_over().talk()
    page = opened(maria)
    page.goto(f"/agent/calls/{worker.id}")
    expect(page.get_by_text("No bill is known.")).to_be_visible()
    page.get_by_label("Account number").fill("10001")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("group", name="Bills of account 10001")).to_be_visible()
    page.get_by_role("button", name="Take the payment").click()
    order = worker.order(OrderKind.TAKE_PAYMENT)
    assert (order.account, order.bills, order.amount) == ("10001", ("demo-10001-1",), Money(4250, "USD"))
    eventually(lambda: worker.parts.people.audit.entries(action="find_account"))
