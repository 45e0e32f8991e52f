"""Finance: the payments, everything about one, and giving money back with a reason.

Of a card its brand and last four are shown; there is nothing else to show. What is done here is done by
`payments.refunds`, as the command line does it, and is in its audit as well as in the console's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for

from fs_app.console.access import RIGHTS, Right, audit, current_user, page
from fs_app.console.assisting import card
from fs_app.console.forms import Answer, answered, day, done, field, refused
from fs_app.console.parts import ConsoleParts
from fs_app.console.payment_dossier import shown
from fs_app.console.speech import current_words
from fs_app.domain.money import Money
from fs_app.domain.payment import Payment, PaymentId, PaymentState
from fs_app.payments.refunds import DeedEnd, DeedResult
from fs_app.ports import Deed

READERS, REFUNDERS = RIGHTS[Right.SEE_PAYMENTS], RIGHTS[Right.REFUND]
MOST_SHOWN = 200
_DAYS = 7
_LONGEST_DAYS = 366
_AMOUNT = re.compile(r"[0-9]{1,9}([.,][0-9]{1,3})?")
_CONFIRMATION = re.compile(r"[0-9]{4,20}")


def finance_pages(parts: ConsoleParts) -> Blueprint:
    """The blueprint."""
    pages = Blueprint("finance", __name__)
    views = FinancePages(parts)
    one, post = "/payments/<int:payment_id>", ("POST",)
    page(pages, "/payments", roles=READERS)(views.payments)
    page(pages, one, roles=READERS)(views.payment)
    page(pages, f"{one}/refund", roles=REFUNDERS, methods=post, action="refund")(views.refund)
    page(pages, f"{one}/void", roles=REFUNDERS, methods=post, action="void")(views.void)
    return pages


class FinancePages:
    """The views."""

    def __init__(self, parts: ConsoleParts) -> None:
        self._parts = parts

    def payments(self) -> str | Response:
        """Those of some days, as far as they fit; a confirmation number leads to its payment."""
        wanted = request.args.get("q", "").strip()[:64]
        found = self._by_confirmation(wanted)
        if found is not None:
            return make_response(redirect(url_for("finance.payment", payment_id=found.id)))
        since, until = self._days()
        state = request.args.get("state", "")
        payments = list(self._fitting(since, until, state, wanted))
        return render_template(
            "payments.html",
            payments=[self._line(each) for each in payments[:MOST_SHOWN]],
            more=len(payments) > MOST_SHOWN,
            most=MOST_SHOWN,
            since=since,
            until=until,
            state=state,
            wanted=wanted,
            states=list(PaymentState),
            stuck=len(self._parts.tasks.stuck()),
            day=self._parts.clock.today() - timedelta(days=1),
        )

    def payment(self, payment_id: int) -> str:
        """Everything about one."""
        try:
            dossier = self._parts.records.dossier(PaymentId(payment_id))
        except KeyError:
            abort(404)
        return render_template("payment.html", payment=shown(dossier, current_words()))

    def refund(self, payment_id: int) -> Response:
        """Give settled money back, whole or in part."""
        back = url_for("finance.payment", payment_id=payment_id)
        amount, key = field("amount", 20), field("key", 64)
        audit(subject=f"payment {payment_id}", detail=f"{amount or 'all'}: {field('reason', 255)}")
        if amount and not _AMOUNT.fullmatch(amount):
            return answered(refused("pay.no_amount", "amount"), back)
        problem = _not_ready()
        if problem is not None:
            return answered(problem, back)
        try:
            wanted = self._amount(payment_id, amount)
        except ValueError:
            return answered(refused("pay.no_amount", "amount"), back)
        deed = _deed("refund", payment_id)
        return answered(self._told(self._parts.refund_desk.refund(deed, wanted, key or None)), back)

    def void(self, payment_id: int) -> Response:
        """Give back what is not settled yet, whole."""
        back = url_for("finance.payment", payment_id=payment_id)
        audit(subject=f"payment {payment_id}", detail=field("reason", 255))
        problem = _not_ready()
        if problem is not None:
            return answered(problem, back)
        self._amount(payment_id, "")
        return answered(self._told(self._parts.refund_desk.void(_deed("void", payment_id))), back)

    def _amount(self, payment_id: int, text: str) -> Money | None:
        """What was typed, in the payment's currency; None for all of it. ValueError; no page for no payment."""
        try:
            payment = self._parts.ledger.get(PaymentId(payment_id))
        except KeyError:
            abort(404)
        return Money.parse(text.replace(",", "."), payment.request.amount.currency) if text else None

    def _told(self, result: DeedResult) -> Answer:
        audit(result=f"{result.end}: {result.words}")
        if result.end is DeedEnd.REFUSED:
            return refused(f"deed.why_{result.why}", status=409)
        return done(f"deed.{result.end}")

    def _by_confirmation(self, wanted: str) -> Payment | None:
        return self._parts.ledger.by_confirmation(wanted) if _CONFIRMATION.fullmatch(wanted) else None

    def _days(self) -> tuple[date, date]:
        """From the one day through the other, where the operator is."""
        today = self._parts.clock.today()
        until = day("until") or today
        since = day("since") or until - timedelta(days=_DAYS - 1)
        return max(min(since, until), until - timedelta(days=_LONGEST_DAYS)), until

    def _fitting(self, since: date, until: date, state: str, wanted: str) -> Iterable[Payment]:
        """The newest first."""
        zone = current_words().zone
        begin = datetime(since.year, since.month, since.day, tzinfo=zone)
        end = datetime(until.year, until.month, until.day, tzinfo=zone) + timedelta(days=1)
        payments: Sequence[Payment] = self._parts.ledger.payments(since=begin, until=end)
        for each in reversed(payments):
            if (not state or each.state == state) and (not wanted or wanted in _searched(each)):
                yield each

    def _line(self, payment: Payment) -> dict[str, Any]:
        words, request_ = current_words(), payment.request
        return {
            "id": payment.id,
            "at": words.moment(payment.opened_at),
            "amount": words.money(request_.amount),
            "state": payment.state.value,
            "said": words.of("payment_state", payment.state),
            "card": card(request_.brand, request_.last_four),
            "account": request_.account_id,
            "bill": request_.bill_id,
            "confirmation": payment.confirmation,
        }


def _not_ready() -> Answer | None:
    """Why nothing is given back yet: without a reason, or before somebody says that they have checked it. An Enter
    in a field gives no money back (WCAG 3.3.4)."""
    if not _reason():
        return refused("deed.reason_missing", "reason")
    return None if field("sure") == "yes" else refused("deed.not_sure", "sure")


def _deed(action: str, payment_id: int) -> Deed:
    return Deed(action, PaymentId(payment_id), current_user().name, _reason(), "console")


def _reason() -> str:
    return " ".join(field("reason", 255).split())


def _searched(payment: Payment) -> tuple[str, ...]:
    """What a payment is found by, besides its confirmation number."""
    request_ = payment.request
    return str(payment.id), request_.account_id, request_.bill_id, request_.last_four, request_.call_uuid
