"""Who wants to pay from a bank account where none is taken by telephone: a link, in writing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from onestep import HOLDER, Walk, walk

from fs_app.domain.bill import Bill
from fs_app.domain.contact import Contact
from fs_app.domain.money import Money
from fs_app.testing.fakes_messages import FakeLinks
from fs_app.testing.services import fake_services

RENT = Bill("b1", "a1", Money(125_000, "USD"))
SMS, MAIL = Contact.parse("sms:+15550100001"), Contact.parse("mail:a@example.org")


def sent(to: Contact | None, links: FakeLinks) -> Walk:
    facts: dict[str, Any] = {
        "account": replace(HOLDER, receipt_to=to), "bills": (RENT,), "amount": Money(5_000, "USD")
    }  # fmt: skip
    return walk("send_link", services=fake_services(links=links), facts=facts)


@pytest.mark.parametrize(("to", "where"), [(SMS, "mobile number"), (MAIL, "e-mail address")])
def test_the_caller_hears_where_it_went_and_not_the_address(to: Contact, where: str) -> None:
    links = FakeLinks()
    call = sent(to, links)
    assert call.outcome == "sent"
    assert call.said == [
        f"We have sent a link to the {where} we have on file. You can pay from your bank account there."
    ]
    (request,) = links.sent
    assert (request.account_id, request.bill, request.amount, request.to) == ("a1", RENT, Money(5_000, "USD"), to)


def test_without_an_address_nothing_is_sent() -> None:
    links = FakeLinks()
    call = sent(None, links)
    assert (call.outcome, links.sent) == ("no_address", [])
    assert call.said == ["We have no mobile number or e-mail address on file to send a link to."]


def test_without_a_page_nothing_is_promised() -> None:
    call = sent(SMS, FakeLinks(page=False))
    assert (call.outcome, call.said) == ("unavailable", [])


def test_a_bank_account_may_be_a_link_away() -> None:
    call = walk("choose_means", "2", bank="link")
    assert call.outcome == "link"
    assert call.said == ["To pay by card, press 1. To pay from a bank account, press 2."]
