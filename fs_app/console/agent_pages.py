"""The agent's pages: what rings and who waits; why somebody calls, and how it stands with them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for

from fs_app.console.access import RIGHTS, Right, audit, current_user, page
from fs_app.console.access import record as record_deed
from fs_app.console.assisting import card
from fs_app.console.desk_rules import NotPayable, span, total
from fs_app.console.forms import Answer, answered, done, field, number, refused
from fs_app.console.handovers import failures, who
from fs_app.console.look import AGENT
from fs_app.console.parts import ConsoleParts
from fs_app.console.speech import current_words
from fs_app.domain.payment import ENDINGS, Ending
from fs_app.errors import StoreUnavailable
from fs_app.ports.console import HandoverRecord
from fs_app.ports.desk import BillNote
from fs_app.ports.switchboard import AgentStatus, SwitchAnswer

AGENTS = RIGHTS[Right.TAKE_CALLS]
PARTS = ("health", "me", "calls", "callbacks", "messages")
_LOOKED_AT = 50  # of the last payments on an account
CALL_PARTS = (*PARTS, "call", "assist", "orders", "account")


@dataclass(frozen=True, slots=True)
class Payable:
    """What a payment can be taken for on a page: the bills of the call, or of the account that was looked up."""

    account_number: str
    account_id: str
    bills: Sequence[BillNote]
    chosen: frozenset[str]  # the ids of those that are paid unless the agent says otherwise
    found: bool  # it was looked up, and is not the one that the caller is known for


def register(pages: Blueprint, parts: ConsoleParts) -> None:
    """Add these pages."""
    views = AgentPages(parts)
    page(pages, "/agent", roles=AGENTS)(views.home)
    page(pages, "/agent/calls/<int:handover_id>", roles=AGENTS)(views.call)
    page(pages, "/agent/references/<reference>", roles=AGENTS)(views.by_reference)
    page(pages, "/agent/feed", roles=AGENTS)(views.feed)
    page(pages, "/agent/status", roles=AGENTS, methods=("POST",), action="agent_status")(views.status)
    page(pages, "/agent/messages/<int:message_id>/seen", roles=AGENTS, methods=("POST",), action="message_seen")(
        views.message_seen
    )


class AgentPages:
    """The views."""

    def __init__(self, parts: ConsoleParts) -> None:
        self._parts = parts

    def home(self) -> str:
        """What rings, who waits, who wants to be called back."""
        state = self._parts.live.begin(AGENT)
        return render_template("agent.html", state=state, feed=url_for("agent.feed"), parts=" ".join(PARTS))

    def call(self, handover_id: int) -> str:
        """One hand-over."""
        record = visible(self._parts, handover_id)
        state = self._parts.live.begin(AGENT, handover_id)
        return render_template(
            "call.html",
            state=state,
            feed=url_for("agent.feed", call=handover_id),
            parts=" ".join(CALL_PARTS),
            record=record,
            context=_context(record),
            pay=self._pay(record),
            queues=[each for each in self._parts.desk_rules().queues if each != record.queue],
            has_links=self._parts.settings.messages.pay_link is not None,
        )

    def by_reference(self, reference: str) -> Response:
        """The page of the call whose reference is on the agent's leg: for telephones that open an address."""
        record = self._parts.desk_view.by_reference(reference[:64])
        if record is None or not self._parts.live.lookout.may_see(record, current_user()):
            abort(404)
        return make_response(redirect(url_for("agent.call", handover_id=record.ticket.id)))

    def feed(self) -> Response:
        """The live state of either page."""
        return self._parts.live.stream(AGENT, number("call"))

    def status(self) -> Response:
        """Available, on a break, gone: told to the switches."""
        user = current_user()
        try:
            status = AgentStatus(field("status"))
        except ValueError:
            return answered(refused("me.no_status", "status"), url_for("agent.home"))
        if user.agent is None:
            return answered(refused("me.no_agent"), url_for("agent.home"))
        audit(subject=user.agent, detail=status)
        answer = self._parts.switchboard.set_status(user.agent, status)
        self._parts.live.lookout.agents.refresh()
        audit(result=answer)
        if answer in (SwitchAnswer.DONE, SwitchAnswer.PARTLY):
            return answered(done(f"me.{answer}"), url_for("agent.home"))
        return answered(refused(f"me.{answer}", status=502), url_for("agent.home"))

    def message_seen(self, message_id: int) -> Response:
        """An agent has read what a supervisor wrote."""
        self._parts.desk_messages.seen(message_id, current_user().name)
        return answered(done("message.seen"), url_for("agent.home"))

    def _pay(self, record: HandoverRecord) -> dict[str, Any]:
        """What the form for a payment starts with. Whose bills were looked up is in the audit before they are
        shown, by whatever way the address was come by."""
        chosen = payable_bills(self._parts, record, request.args.get("account", ""))
        if chosen.found:
            about = f"account={chosen.account_number}"
            record_deed("see_account", "shown", subject=record.context.call_uuid, detail=about)
        rules = self._parts.desk_rules().of_line(record.context.line)
        first = [each for each in chosen.bills if each.id in chosen.chosen]
        allowed, words = span(first, rules), current_words()
        wanted = record.context.amount if record.context.bills and not chosen.found else None
        if wanted is None and allowed is not None:
            wanted = total(first)
        return {
            "bills": [
                {"id": each.id, "number": each.number, "amount": words.money(each.amount),
                 "plain": f"{each.amount.decimal():f}", "chosen": each.id in chosen.chosen}
                for each in chosen.bills
            ],
            "account": chosen.account_number if chosen.found else "",
            "shown_account": chosen.account_number,
            "asked": request.args.get("account", ""),
            "amount": "" if wanted is None else f"{wanted.decimal():f}",
            "currency": "" if wanted is None else wanted.currency,
            "least": "" if allowed is None else words.money(allowed.least),
            "most": "" if allowed is None else words.money(allowed.most),
            "fee": rules.fee is not None,
        }  # fmt: skip


def not_payable(problem: NotPayable) -> Answer:
    """Why a payment that was asked for may not be."""
    if problem.limit is None:
        return refused(problem.key, problem.field)
    return refused(problem.key, problem.field, limit=current_words().money(problem.limit))


def visible(parts: ConsoleParts, handover_id: int) -> HandoverRecord:
    """A hand-over that whoever is signed in may see; else there is no such page."""
    record = parts.desk_view.handover(handover_id)
    if record is None or not parts.live.lookout.may_see(record, current_user()):
        abort(404)
    return record


def payable_bills(parts: ConsoleParts, record: HandoverRecord, account_number: str) -> Payable:
    """The bills of an account that was looked up; else those that the caller was about to pay, and what else is due
    on their account. A directory that is down leaves what the call knew."""
    context = record.context
    looked_up = bool(account_number) and (account_number != context.account_number or not context.account_id)
    number = account_number if looked_up else context.account_number if context.account_id else ""
    try:
        account = parts.directory.by_number(number) if number else None
        due = [] if account is None else parts.directory.open_bills(account)
    except StoreUnavailable:
        account, due = None, []
    found = [BillNote(each.id, each.number, each.due) for each in due]
    if looked_up and account is not None:
        return Payable(account.number, account.id, found, frozenset(each.id for each in found[:1]), found=True)
    mine = frozenset(each.id for each in context.bills)
    bills = [*context.bills, *(each for each in found if each.id not in mine)]
    return Payable(
        context.account_number,
        context.account_id,
        bills,
        mine or frozenset(each.id for each in bills[:1]),
        found=False,
    )


def none_under_way(parts: ConsoleParts, account_id: str, bills: Collection[str]) -> None:
    """NotPayable where another payment for one of the bills is under way or being checked: one more, or a link, may
    make it two. The call finds out too, but only when the caller has keyed a card."""
    for payment in parts.ledger.of_account(account_id, _LOOKED_AT):
        if ENDINGS[payment.state] is Ending.BEING_CHECKED:
            paid = {payment.request.bill_id, *(each.bill_id for each in parts.ledger.allocations(payment.id))}
            if not paid.isdisjoint(bills):
                raise NotPayable("pay.under_way", "bill")


def _context(record: HandoverRecord) -> dict[str, Any]:
    """Why they call, in words."""
    context, words = record.context, current_words()
    payment = context.payment
    return {
        "who": who(context, words),
        "reason": words.of("reason", context.reason),
        "identified": words.of("identified", context.identified),
        "language": words.language_name(context.language),
        "amount": "" if context.amount is None else words.money(context.amount),
        "bills": [{"number": each.number, "amount": words.money(each.amount)} for each in context.bills],
        "failures": failures(context.failures, words),
        "path": [each.replace(":", " · ", 1) for each in context.path],
        "payment": None if payment is None else {
            "ending": words.of("ending", payment.ending),
            "is": payment.ending,
            "amount": words.money(payment.amount),
            "card": card(payment.brand, payment.last_four),
            "confirmation": payment.confirmation,
            "advice": words.of("phrase", payment.advice),
        },
    }  # fmt: skip
