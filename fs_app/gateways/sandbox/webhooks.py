"""Webhooks: what happens in the books is told to the URLs that asked for it, signed with the merchant's keys.

A notification shows its subject as it was when it happened. Delivery is apart from the request that caused it, is
tried a few times, and can be told to be late, twice and out of order, as deliveries in earnest are.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import gevent
import requests
from gevent.pool import Group

from fs_app.gateways.sandbox.disputes import NOTICES, dispute_view
from fs_app.gateways.sandbox.merchants import Merchant
from fs_app.gateways.sandbox.settlement import Disbursement, disbursement_view
from fs_app.gateways.sandbox.store import Books, Store
from fs_app.gateways.sandbox.subscription_book import subscription_view
from fs_app.gateways.sandbox.transaction_view import transaction_view
from fs_app.gateways.sandbox.xml import Tree, render

ATTEMPTS = 4
_TIMEOUT_SECONDS = 10.0

# The element that a kind's subject is in, and how it is shown.
_VIEWS: Mapping[str, Callable[[Any], Any]] = {
    "check": bool,
    "transaction": transaction_view,
    "disbursement": disbursement_view,
    "dispute": dispute_view,
    "subscription": subscription_view,
}
_OF_SUBSCRIPTIONS = (
    "subscription_billing_skipped",
    "subscription_canceled",
    "subscription_charged_successfully",
    "subscription_charged_unsuccessfully",
    "subscription_expired",
    "subscription_trial_ended",
    "subscription_went_active",
    "subscription_went_past_due",
)
_SUBJECTS: Mapping[str, str] = {
    "check": "check",
    "disbursement": "disbursement",
    **dict.fromkeys(NOTICES.values(), "dispute"),
    "refund_failed": "transaction",
    "transaction_disbursed": "transaction",
    **dict.fromkeys(_OF_SUBSCRIPTIONS, "subscription"),
    "transaction_settled": "transaction",
    "transaction_settlement_declined": "transaction",
}


@dataclass(slots=True)
class Notice:
    """One notification to one URL, and how its delivery goes. ``outcome`` is the last status or error."""

    kind: str
    subject: str
    form: dict[str, str] = field(repr=False)
    attempts: int = 0
    outcome: str = "waiting"

    def told(self) -> dict[str, Any]:
        """For the control API."""
        return {"kind": self.kind, "subject": self.subject, "attempts": self.attempts, "outcome": self.outcome}


@dataclass(slots=True)
class Hook:
    """A URL that a merchant's notifications go to, and how badly they are delivered."""

    merchant: str
    url: str
    late_seconds: float = 0.0
    copies: int = 1
    out_of_order: bool = False
    retry_seconds: float = 1.0  # before the second attempt; doubled before each further one
    notices: list[Notice] = field(default_factory=list, init=False)
    waiting: list[Notice] = field(default_factory=list, init=False)

    def told(self) -> dict[str, Any]:
        """For the control API."""
        names = ("merchant", "url", "late_seconds", "copies", "out_of_order", "retry_seconds")
        return {**{name: getattr(self, name) for name in names}, "sent": [each.told() for each in self.notices]}


class Webhooks:
    """Whom to tell, and the telling."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store, self._now = store, now
        self._hooks: list[Hook] = []
        self._deliveries = Group()
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy of the environment's between here and a receiver on this machine
        for books in store.books.values():
            books.observers.append(self._happened)

    def register(self, url: str, merchant: str = "fs_app_demo", **how: Any) -> dict[str, Any]:
        """Send a merchant's notifications to a URL from now on. ValueError and TypeError for what makes no sense.

        ``how``: ``late_seconds``, ``copies``, ``out_of_order``, ``retry_seconds``.
        """
        if not isinstance(url, str) or not url.startswith(("http://", "https://")):
            raise ValueError("url is one of http or https")
        hook = Hook(self._books(merchant).merchant.id, url, **how)
        if not 1 <= hook.copies <= 10 or hook.late_seconds < 0 or hook.retry_seconds < 0:
            raise ValueError("copies is from 1 to 10, seconds are from 0")
        self._hooks.append(hook)
        return hook.told()

    def told(self) -> list[dict[str, Any]]:
        """Every URL with what was sent to it."""
        return [hook.told() for hook in self._hooks]

    def clear(self) -> None:
        """Forget the URLs and what was under way to them."""
        self._hooks.clear()
        self._deliveries.kill(block=False)

    def send(self, kind: str, merchant: str = "fs_app_demo", **subject: str) -> dict[str, int]:
        """Send a notification on demand, e.g. ``kind="transaction_settled", transaction="a1b2c3d4"``.

        Nothing happens in the books: a receiver may be told of what is not so. ValueError for a kind, a merchant
        or a subject that there is not.
        """
        books, element = self._books(merchant), _SUBJECTS.get(kind)
        if element is None:
            raise ValueError(f"kind is one of {', '.join(_SUBJECTS)}")
        self._happened(books, kind, _subject(books, element, self._now(), **subject))
        return {"sent": sum(hook.merchant == merchant for hook in self._hooks)}

    def _books(self, merchant: Any) -> Books:
        if merchant not in self._store.books:
            raise ValueError(f"merchant is one of {', '.join(self._store.books)}")
        return self._store.books[merchant]

    def _happened(self, books: Books, kind: str, subject: Any) -> None:
        """Put it on its way to everyone who asked; what was put there in the meantime leaves together."""
        hooks = [hook for hook in self._hooks if hook.merchant == books.merchant.id]
        if not hooks:
            return
        form = signed(books.merchant, notification(kind, subject, self._now()))
        for hook in hooks:
            if not hook.waiting:
                self._later(hook.late_seconds, self._flush, hook)
            copies = [Notice(kind, getattr(subject, "id", ""), form) for _ in range(hook.copies)]
            hook.waiting.extend(copies)
            hook.notices.extend(copies)

    def _flush(self, hook: Hook) -> None:
        batch, hook.waiting = hook.waiting, []
        for notice in reversed(batch) if hook.out_of_order else batch:
            self._deliver(hook, notice)

    def _deliver(self, hook: Hook, notice: Notice) -> None:
        """One attempt; the next one is made later, others do not wait for it."""
        notice.attempts += 1
        try:
            answer = self._session.post(hook.url, data=notice.form, timeout=_TIMEOUT_SECONDS, allow_redirects=False)
            notice.outcome, taken = str(answer.status_code), answer.status_code // 100 == 2
        except requests.RequestException as error:
            notice.outcome, taken = type(error).__name__, False
        if not taken and notice.attempts < ATTEMPTS:
            self._later(hook.retry_seconds * 2 ** (notice.attempts - 1), self._deliver, hook, notice)

    def _later(self, seconds: float, act: Callable[..., None], *args: Any) -> None:
        self._deliveries.add(gevent.spawn_later(seconds, act, *args))


def notification(kind: str, subject: Any, now: datetime) -> bytes:
    """The XML of a notification."""
    element = _SUBJECTS[kind]
    shown: Tree = {element: _VIEWS[element](subject)}
    return render("notification", {"timestamp": now, "kind": kind, "subject": shown})


def signed(merchant: Merchant, document: bytes) -> dict[str, str]:
    """The form that carries a notification: its payload and what proves that it comes from here."""
    payload = base64.encodebytes(document).decode()
    key = hashlib.sha1(merchant.private_key.encode()).digest()
    digest = hmac.new(key, payload.encode(), hashlib.sha1).hexdigest()
    return {"bt_signature": f"{merchant.public_key}|{digest}", "bt_payload": payload}


def _subject(books: Books, element: str, now: datetime, **named: str) -> Any:
    """What a notification on demand is about. ValueError where there is no such thing."""
    if element == "check":
        return True
    shelves: Mapping[str, Mapping[str, Any]] = {
        "transaction": books.transactions,
        "dispute": books.disputes,
        "subscription": books.subscriptions,
    }
    shelf = "transaction" if element == "disbursement" else element
    found = shelves[shelf].get(named.get(shelf, ""))
    if found is None:
        raise ValueError(f"{shelf} is the id of one of the merchant's")
    return Disbursement.of(books, [found], now) if element == "disbursement" else found
