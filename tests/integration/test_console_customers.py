"""Whose calls and customers an agent reaches, by plain HTTP: their own, and what they look up is written down."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fs_app.console.assisting import BLANK
from fs_app.console.feed import Audience
from fs_app.domain.handover import HandoverState
from fs_app.domain.money import Money
from fs_app.domain.payment import Allocation, Declined, PaymentRequest
from fs_app.domain.people import Role
from fs_app.errors import StoreUnavailable
from fs_app.ports import CallbackRequest, OrderKind
from fs_app.store.demo_data import insert_demo_data
from tests.console_site import Browser, ConsoleSite
from tests.consolekit import AGENT, OTHER, DeskWorker, eventually

JSON = {"Accept": "application/json"}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ConsoleSite]:
    made = ConsoleSite(tmp_path)
    insert_demo_data(made.parts.database, made.clock.today())
    yield made
    made.close()


def settled(site: ConsoleSite, call: DeskWorker, agent: str) -> DeskWorker:
    """The call, once the database has it that this agent talks."""

    def is_so() -> bool:
        found = site.parts.desk_view.handover(call.id)
        return found is not None and (found.state, found.agent) == (HandoverState.TALKING, agent)

    assert eventually(is_so)
    return call


@pytest.fixture
def call(site: ConsoleSite) -> DeskWorker:
    """A call that Maria has."""
    return settled(site, DeskWorker(site.parts).hand_over().ring().talk(), AGENT)


def post(browser: Browser, path: str, **fields: str) -> tuple[int, str]:
    """Send a form as the page's script does; the status, and what is said."""
    answer = browser.post(path, fields, page="/account", headers=JSON)
    return answer.status_code, (answer.get_json(silent=True) or {}).get("said", "")


def orders(site: ConsoleSite, call: DeskWorker) -> list[str]:
    return [each.order.kind for each in site.parts.desk_view.orders_of(call.uuid)]


def test_the_call_of_another_agent_is_not_there_whatever_is_asked_of_it(
    site: ConsoleSite, call: DeskWorker
) -> None:
    omar = site.signed_in("omar", Role.AGENT, agent=OTHER)
    here = f"/agent/calls/{call.id}"
    assert omar.get(here).status_code == 404
    assert omar.get(f"/agent/references/{call.ticket.reference}").status_code == 404  # type: ignore[union-attr]
    for path, fields in (
        ("order", {"kind": "take_payment", "bill": "demo-11001-1", "amount": "60.00"}),
        ("order", {"kind": "send_to", "target": "survey"}),
        ("claim", {}), ("note", {"text": "mine"}), ("account", {"account": "11001"}),
        ("link", {"by": "sms", "to": "+15550100001", "bill": "demo-11001-1", "amount": "60.00"}),
    ):  # fmt: skip
        assert post(omar, f"{here}/{path}", **fields)[0] == 404, path
    assert orders(site, call) == []
    assert site.parts.desk_view.notes_of("demo-11001") == []
    assert site.parts.links.links_of(account_id="demo-11001") == []
    omar_ = site.people.users.by_name("omar")
    seen = site.parts.live.lookout.once(Audience("agent", omar_, call.id))
    assert "account" not in seen and seen["assist"] == BLANK and seen["orders"] == {"list": []}
    assert "11001" not in str(seen)


def test_an_order_is_taken_back_by_whoever_gave_it_alone(site: ConsoleSite, call: DeskWorker) -> None:
    maria = site.signed_in("maria", Role.AGENT, agent=AGENT)
    omar = site.signed_in("omar", Role.AGENT, agent=OTHER)
    assert post(maria, f"/agent/calls/{call.id}/order", kind="send_to", target="survey")[0] == 200
    (order,) = site.parts.desk_view.orders_of(call.uuid)
    assert post(omar, f"/agent/orders/{order.order.id}/withdraw")[0] == 404
    assert site.parts.desk_view.order(order.order.id).result == ""  # type: ignore[union-attr]
    assert post(maria, f"/agent/orders/{order.order.id}/withdraw")[0] == 200


def test_a_call_that_goes_on_with_another_agent_takes_no_orders_of_the_first(
    site: ConsoleSite, call: DeskWorker
) -> None:
    maria = site.signed_in("maria", Role.AGENT, agent=AGENT)
    settled(site, call.talk(OTHER), OTHER)
    assert post(maria, f"/agent/calls/{call.id}/order", kind="send_to", target="survey")[0] == 404
    assert orders(site, call) == []


def test_whose_bills_are_shown_is_in_the_audit_by_whatever_way_they_are_asked_for(
    site: ConsoleSite, call: DeskWorker
) -> None:
    maria = site.signed_in("maria", Role.AGENT, agent=AGENT)
    here = f"/agent/calls/{call.id}"
    assert "700101" in maria.get(here).text
    assert site.audit(action="see_account") == [], "the caller's own are the call's"
    shown = maria.get(here, query_string={"account": "10001"})
    assert shown.status_code == 200 and "10001" in shown.text
    (entry,) = site.entries(action="see_account")
    assert (entry.deed.user, entry.deed.subject, entry.deed.detail) == ("maria", call.uuid, "account=10001")
    maria.get(here, query_string={"account": "99999"})
    assert len(site.entries(action="see_account")) == 1, "nothing was shown"


def test_bills_that_cannot_be_written_down_are_not_shown(
    site: ConsoleSite, call: DeskWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    maria = site.signed_in("maria", Role.AGENT, agent=AGENT)
    monkeypatch.setattr(site.people.audit, "write", _down)
    answer = maria.get(f"/agent/calls/{call.id}", query_string={"account": "10001"})
    assert answer.status_code == 503 and "demo-10001" not in answer.text


def _down(*_: object) -> None:
    raise StoreUnavailable("down")


def test_a_bill_whose_payment_is_being_checked_is_neither_paid_again_nor_sent_as_a_link(
    site: ConsoleSite, call: DeskWorker
) -> None:
    maria = site.signed_in("maria", Role.AGENT, agent=AGENT)
    ledger, amount, here = site.parts.ledger, Money(8450, "USD"), f"/agent/calls/{call.id}"
    both = tuple(
        Allocation(bill, Money(due, "USD")) for bill, due in (("demo-11001-1", 6000), ("demo-11001-2", 2450))
    )
    payment = ledger.open(PaymentRequest("another call", "demo-11001", "demo-11001-1", amount, allocations=both))

    def asked(bill: str, amount: str) -> list[tuple[int, str]]:
        takes = post(maria, f"{here}/order", kind="take_payment", bill=bill, amount=amount)
        return [takes, post(maria, f"{here}/link", by="sms", to="+15550100001", bill=bill)]

    for bill, due in (("demo-11001-1", "60.00"), ("demo-11001-2", "24.50")):
        for status, said in asked(bill, due):
            assert status == 422 and said.startswith("Another payment for this bill is under way or being checked")
    assert orders(site, call) == [] and site.parts.links.links_of(account_id="demo-11001") == []
    ledger.record(payment.id, Declined("2000"))
    (takes, _), (_, said) = asked("demo-11001-2", "24.50")
    assert takes == 200 and said == "No page for paying is set: links cannot be sent."
    assert orders(site, call) == [OrderKind.TAKE_PAYMENT]


def test_a_call_back_is_closed_by_who_took_it_alone(site: ConsoleSite, call: DeskWorker) -> None:
    maria, omar = (
        site.signed_in(name, Role.AGENT, agent=agent) for name, agent in (("maria", AGENT), ("omar", OTHER))
    )
    site.parts.desk.call_back(CallbackRequest(call.uuid, call.queue, "+15550100099", "es", call.id))
    (waiting,) = site.parts.desk_view.callbacks()
    path = f"/agent/callbacks/{waiting.id}"
    assert post(omar, f"{path}/close", end="done")[0] == 409
    assert post(maria, f"{path}/take")[0] == 200
    for deed in ("take", "leave", "close"):
        assert post(omar, f"{path}/{deed}", end="done")[0] == 409, deed
    assert post(maria, f"{path}/close", end="done")[0] == 200


def test_every_kind_of_order_is_refused_for_a_call_that_nobody_has_claimed(site: ConsoleSite) -> None:
    omar = site.signed_in("omar", Role.AGENT, agent=OTHER)
    worker = settled(site, DeskWorker(site.parts).hand_over().talk(""), "")
    for kind in OrderKind:
        status, said = post(omar, f"/agent/calls/{worker.id}/order", kind=kind, target="survey")
        assert (status, said) == (409, "Say first that this is your call.")
    assert orders(site, worker) == []
