"""The address of the operator's page for paying."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fs_app.domain.bill import Bill
from fs_app.domain.money import Money
from fs_app.domain.pay_link import checked_page, link_to

PAGE = "https://pay.example.org/{account}?bill={bill}"
BILL = Bill("b1", "a1", Money(4250, "USD"))


@pytest.mark.parametrize(
    "page", [PAGE, "https://pay.example.org", "https://pay.example.org:8443/a?x={amount}&y={currency}"]
)
def test_a_page_over_tls(page: str) -> None:
    assert checked_page(page) == page


@pytest.mark.parametrize(
    ("page", "complaint"),
    [
        ("http://pay.example.org/{account}", "over TLS"),
        ("https://pay.example.org/{acount}", "nothing is called {acount} here"),
        ("https://pay.example.org/{account", "a gap is a name in braces"),
        ("https://user@pay.example.org/", "over TLS"),
        ("https://pay.example.org/a b", "over TLS"),
    ],
)
def test_what_is_no_page(page: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        checked_page(page)


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_no_value_leads_elsewhere(account: str, number: str) -> None:
    url = urlsplit(link_to(PAGE, account, Bill("b1", "a1", Money(1, "USD"), number=number), "0.01"))
    assert (url.scheme, url.netloc, url.fragment) == ("https", "pay.example.org", "")
    assert unquote(url.path.removeprefix("/")) == account
    assert unquote(url.query.removeprefix("bill=")) == number
    assert url.path.count("/") == 1 and url.query.count("=") == 1
