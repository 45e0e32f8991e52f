"""The address of the operator's own page for paying, with gaps, e.g. ``https://pay.example.org/{account}``."""

from __future__ import annotations

import re
from urllib.parse import quote

from fs_app.domain.bill import Bill
from fs_app.domain.gaps import fill, gaps

GAPS = ("account", "bill", "amount", "currency")
_PAGE = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]+)?(/[!-~]*)?")


def checked_page(text: str) -> str:
    """The address as it is; ValueError where it is none of a page over TLS, or has a gap that nothing fills."""
    for name in sorted(gaps(text) - set(GAPS)):
        raise ValueError(f"nothing is called {{{name}}} here; known: {', '.join(GAPS)}")
    if not _PAGE.fullmatch(fill(text, dict.fromkeys(GAPS, "x"))):
        raise ValueError("should be an address over TLS, e.g. https://pay.example.org/{account}")
    return text


def link_to(page: str, account_id: str, bill: Bill, amount: str) -> str:
    """The address for one bill; every value is quoted (RFC 3986), so that none can lead elsewhere. ``amount`` is
    decimal, e.g. ``42.50``, without the fee."""
    values = {
        "account": account_id,
        "bill": bill.number or bill.id,
        "amount": amount,
        "currency": bill.due.currency,
    }
    return fill(page, {name: quote(value, safe="") for name, value in values.items()})
