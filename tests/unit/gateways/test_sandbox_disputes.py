"""Disputes and what is brought against them, through the unmodified SDK."""

from __future__ import annotations

import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import braintree
import pytest
from braintree import DisputeSearch

from fs_app.gateways.sandbox import SandboxServer

DISPUTED = "4023898493988028"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100 + b"IEND\xaeB`\x82"


def sale(sdk: braintree.BraintreeGateway, amount: str = "40.00", number: str = DISPUTED, **more: Any) -> Any:
    card = {"number": number, "expiration_date": "12/30"}
    return sdk.transaction.sale({"amount": amount, "credit_card": card, **more}).transaction


@pytest.fixture
def dispute(sdk: braintree.BraintreeGateway) -> Any:
    [dispute] = sale(sdk).disputes
    return dispute


def codes(result: Any, name: str = "dispute") -> list[str]:
    assert not result.is_success
    return [error.code for error in result.errors.for_object(name)]


def upload(sdk: braintree.BraintreeGateway, content: bytes = PNG, name: str = "receipt.png", **more: str) -> Any:
    file = io.BytesIO(content)
    file.name = name
    return sdk.document_upload.create({"kind": "evidence_document", "file": file, **more})


def test_the_card_for_it_opens_a_dispute_at_once(sdk: braintree.BraintreeGateway, dispute: Any) -> None:
    found = sdk.dispute.find(dispute.id)
    assert (found.status, found.kind, found.reason, found.currency_iso_code) == (
        "open",
        "chargeback",
        "fraud",
        "USD",
    )
    assert (found.amount_disputed, found.amount_won) == (Decimal("40.00"), Decimal(0))
    assert (found.received_date, found.reply_by_date) == (date(2030, 1, 2), date(2030, 1, 9))
    assert found.transaction.amount == Decimal("40.00")
    assert sdk.transaction.find(found.transaction.id).disputes[0].id == dispute.id
    assert [event.status for event in found.status_history] == ["open"]


def test_no_other_card_and_no_declined_sale_is_disputed(sdk: braintree.BraintreeGateway) -> None:
    assert sale(sdk, number="4111111111111111").disputes == []
    assert sale(sdk, amount="2000.00").disputes == []


@pytest.mark.parametrize(
    ("act", "status", "code"), [("accept", "accepted", "95704"), ("finalize", "disputed", "95705")]
)
def test_an_open_dispute_is_answered_once(
    sdk: braintree.BraintreeGateway, dispute: Any, act: str, status: str, code: str
) -> None:
    assert getattr(sdk.dispute, act)(dispute.id).is_success
    assert sdk.dispute.find(dispute.id).status == status
    assert codes(getattr(sdk.dispute, act)(dispute.id)) == [code]
    assert codes(sdk.dispute.add_text_evidence(dispute.id, "late")) == ["95701"]


def test_words_are_brought_and_taken_back(sdk: braintree.BraintreeGateway, dispute: Any) -> None:
    added = sdk.dispute.add_text_evidence(
        dispute.id, {"content": "1Z999", "category": "TRACKING_NUMBER", "sequence_number": 3}
    ).evidence
    assert (added.comment, added.category, added.sequence_number) == ("1Z999", "TRACKING_NUMBER", 3)
    assert [each.id for each in sdk.dispute.find(dispute.id).evidence] == [added.id]
    assert sdk.dispute.remove_evidence(dispute.id, added.id).is_success
    assert sdk.dispute.find(dispute.id).evidence == []
    with pytest.raises(braintree.exceptions.NotFoundError):
        sdk.dispute.remove_evidence(dispute.id, added.id)


def test_a_document_is_brought_and_takes_up_room(sdk: braintree.BraintreeGateway, dispute: Any) -> None:
    document = upload(sdk).document_upload
    assert (document.name, document.content_type, document.size) == ("receipt.png", "image/png", len(PNG))
    added = sdk.dispute.add_file_evidence(dispute.id, {"document_id": document.id, "category": "PROOF_OF_DELIVERY"})
    assert (added.evidence.comment, added.evidence.category) == (None, "PROOF_OF_DELIVERY")
    assert document.id in added.evidence.url
    left = dispute.remaining_file_evidence_storage - len(PNG)
    assert sdk.dispute.find(dispute.id).remaining_file_evidence_storage == left
    assert codes(sdk.dispute.add_file_evidence(dispute.id, "unknown")) == ["95703"]


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "x.png", "84906"),
        (PNG, "x.gif", "84903"),
        (PNG, "x.pdf", "84904"),
        (PNG[:-4], "x.png", "84904"),
        (PNG[:8] + b"\0" * 4 * 1024 * 1024 + PNG[-8:], "x.png", "84902"),
        (b"%PDF-1.4" + b"/Type /Page " * 51 + b"%%EOF", "x.pdf", "84905"),
    ],
)
def test_a_document_that_is_none(sdk: braintree.BraintreeGateway, content: bytes, name: str, code: str) -> None:
    assert codes(upload(sdk, content, name), "document_upload") == [code]


def test_a_pdf_of_fifty_pages_is_one(sdk: braintree.BraintreeGateway) -> None:
    pages = b"%PDF-1.4 /Type /Pages " + b"/Type /Page " * 50 + b"%%EOF"
    assert upload(sdk, pages, "x.pdf").is_success
    assert codes(upload(sdk, kind="photograph"), "document_upload") == ["84901"]


@pytest.mark.parametrize(
    ("category", "content", "code"),
    [
        ("NONSENSE", "x", "95706"),
        ("PROOF_OF_DELIVERY", "x", "95712"),
        ("DOWNLOAD_DATE_TIME", "yesterday", "95707"),
    ],
)
def test_a_category_has_rules(
    sdk: braintree.BraintreeGateway, dispute: Any, category: str, content: str, code: str
) -> None:
    result = sdk.dispute.add_text_evidence(dispute.id, {"content": content, "category": category})
    assert codes(result) == [code]
    assert sdk.dispute.find(dispute.id).evidence == []


def test_words_only_are_no_document(sdk: braintree.BraintreeGateway, dispute: Any) -> None:
    document = upload(sdk).document_upload
    result = sdk.dispute.add_file_evidence(dispute.id, {"document_id": document.id, "category": "DEVICE_ID"})
    assert codes(result) == ["95711"]


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        (["DEVICE_ID"], ["95720", "95721"]),
        (["DEVICE_ID", "DEVICE_NAME", "DOWNLOAD_DATE_TIME"], ["95720"]),
        (["DEVICE_ID", "DEVICE_NAME", "PURCHASER_NAME", "PURCHASER_EMAIL_ADDRESS"], ["95721"]),
        (["DEVICE_ID", "DEVICE_NAME", "PURCHASER_NAME", "PURCHASER_EMAIL_ADDRESS", "DOWNLOAD_DATE_TIME"], []),
        (["PRIOR_NON_DISPUTED_TRANSACTION_ARN"], ["95723"]),
        (["PRIOR_NON_DISPUTED_TRANSACTION_DATE_TIME"], ["95722"]),
        (["RECURRING_TRANSACTION_ID"], ["95724"]),
        (["RECURRING_TRANSACTION_DATE_TIME"], ["95725"]),
        (["CARRIER_NAME"], []),
    ],
)
def test_what_goes_together_is_asked_for(
    sdk: braintree.BraintreeGateway, dispute: Any, given: list[str], missing: list[str]
) -> None:
    for category in given:
        content = "2029-12-01T10:00:00Z" if category.endswith("TIME") else "x"
        assert sdk.dispute.add_text_evidence(dispute.id, {"content": content, "category": category}).is_success
    result = sdk.dispute.finalize(dispute.id)
    assert (codes(result) if missing else result.is_success) == (missing or True)
    assert sdk.dispute.find(dispute.id).status == ("open" if missing else "disputed")


def test_the_control_api_tells_how_it_ends(
    sdk: braintree.BraintreeGateway, server: SandboxServer, dispute: Any
) -> None:
    assert server.control.dispute(dispute.id, "under_review") == {"dispute": dispute.id, "status": "under_review"}
    server.control.dispute(dispute.id, "won")
    found = sdk.dispute.find(dispute.id)
    assert (found.status, found.amount_won) == ("won", Decimal("40.00"))
    for status in ("lost", "open", "", "forgotten"):
        with pytest.raises(ValueError, match=r"status is|for good"):
            server.control.dispute(dispute.id, status)


def test_the_control_api_opens_one(sdk: braintree.BraintreeGateway, server: SandboxServer) -> None:
    paid = sale(sdk, number="4111111111111111")
    opened = server.control.dispute(transaction=paid.id, amount="5.00", kind="retrieval", reason="duplicate")
    found = sdk.dispute.find(opened["dispute"])
    assert (found.kind, found.reason, found.amount_disputed) == ("retrieval", "duplicate", Decimal("5.00"))
    assert found.transaction.id == paid.id
    for wrong in ({"amount": "40.01"}, {"amount": "0"}, {"amount": "x"}, {"kind": "x"}, {"reason": "x"}):
        with pytest.raises(ValueError, match="is"):
            server.control.dispute(transaction=paid.id, **wrong)
    with pytest.raises(ValueError, match="id of one"):
        server.control.dispute(transaction="unknown")


def test_search_finds_by_every_kind_of_criterion(
    sdk: braintree.BraintreeGateway, server: SandboxServer, clock: Any
) -> None:
    [first] = sale(sdk, "40.00").disputes
    clock.pass_seconds(86400 * 3)
    customer = sdk.customer.create({}).customer
    [second] = sale(sdk, "50.00", customer_id=customer.id).disputes
    server.control.dispute(second.id, "lost")

    def found(*terms: Any) -> set[str]:
        ours = DisputeSearch.amount_disputed >= "32.00"
        return {each.id for each in sdk.dispute.search([ours, *terms]).disputes.items}

    both = {first.id, second.id}
    day = date(2030, 1, 5)
    assert found() == both
    assert found(DisputeSearch.status == "lost") == {second.id}
    assert found(DisputeSearch.customer_id == customer.id) == {second.id}
    assert found(DisputeSearch.transaction_id == first.transaction.id) == {first.id}
    assert found(DisputeSearch.amount_disputed.between("45", "55")) == {second.id}
    assert found(DisputeSearch.received_date == day) == {second.id}
    assert found(DisputeSearch.received_date.between("01/01/2030", "01/02/2030")) == {first.id}
    assert found(DisputeSearch.effective_date.between(day, day + timedelta(days=1))) == {second.id}
    assert found(DisputeSearch.reply_by_date <= day) == set()
    assert found(DisputeSearch.id.starts_with(first.id[:8])) == {first.id}


def test_search_goes_on_over_pages(sdk: braintree.BraintreeGateway, server: SandboxServer) -> None:
    paid = sale(sdk, "99.00", number="4111111111111111")
    made = {server.control.dispute(transaction=paid.id)["dispute"] for _ in range(51)}
    found = [each.id for each in sdk.dispute.search([DisputeSearch.amount_disputed == "99.00"]).disputes.items]
    assert len(found) == 51
    assert set(found) == made
