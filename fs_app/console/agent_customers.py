"""What an agent does for a customer beside the call: look an account up, note something, send a link to pay."""

from __future__ import annotations

import re

from flask import Blueprint, Response, make_response, redirect, request, url_for

from fs_app.console.access import audit, current_user, page
from fs_app.console.agent_pages import AGENTS, Payable, none_under_way, not_payable, payable_bills, visible
from fs_app.console.desk_rules import NotPayable, payable
from fs_app.console.forms import Answer, answered, done, field, refused
from fs_app.console.parts import ConsoleParts
from fs_app.domain.contact import Contact
from fs_app.ports import LinkRequest
from fs_app.ports.console import HandoverRecord

_LONGEST_NOTE = 2000
_NUMBER = re.compile(r"[0-9]{1,20}")


def register(pages: Blueprint, parts: ConsoleParts) -> None:
    """Add these views."""
    views = AgentCustomers(parts)
    here, post = "/agent/calls/<int:handover_id>", ("POST",)
    page(pages, f"{here}/account", roles=AGENTS, methods=post, action="find_account")(views.account)
    page(pages, f"{here}/note", roles=AGENTS, methods=post, action="note")(views.note)
    page(pages, f"{here}/link", roles=AGENTS, methods=post, action="send_link")(views.link)


class AgentCustomers:
    """The views."""

    def __init__(self, parts: ConsoleParts) -> None:
        self._parts = parts

    def account(self, handover_id: int) -> Response:
        """Look up the account whose number the caller says; the page then shows its bills."""
        record, number = visible(self._parts, handover_id), field("account", 32)
        back = url_for("agent.call", handover_id=handover_id)
        if not _NUMBER.fullmatch(number) or self._parts.directory.by_number(number) is None:
            audit(subject=record.context.call_uuid)
            return answered(refused("pay.no_account", "account", status=404), back)
        audit(subject=record.context.call_uuid, detail=f"account={number}")
        return make_response(redirect(f"{url_for('agent.call', handover_id=handover_id, account=number)}#pay", 303))

    def note(self, handover_id: int) -> Response:
        """Write something down about the customer."""
        record, text = visible(self._parts, handover_id), field("text", _LONGEST_NOTE)
        back, account = url_for("agent.call", handover_id=handover_id), record.context.account_id
        audit(subject=f"account {account}")
        if not account:
            return answered(refused("note.no_account", status=409), back)
        if not text:
            return answered(refused("note.empty", "text"), back)
        self._parts.desk_view.add_note(account, current_user().name, text)
        return answered(done("note.kept"), back)

    def link(self, handover_id: int) -> Response:
        """Send a link to pay to where the caller says."""
        record, account = visible(self._parts, handover_id), field("account", 20)
        audit(subject=record.context.call_uuid, detail=f"account={account}" if account else "")
        return answered(self._sent(record), url_for("agent.call", handover_id=handover_id))

    def _sent(self, record: HandoverRecord) -> Answer:
        kind, address = field("by", 8), field("to", 255)
        try:
            to = Contact.parse(f"{kind}:{_compact(address) if kind == 'sms' else address}")
        except ValueError:
            return refused("link.no_address", "to")
        chosen = payable_bills(self._parts, record, field("account", 32))
        try:
            request_ = self._request(record, chosen, to)
        except NotPayable as problem:
            return not_payable(problem)
        audit(detail=f"{kind} {request_.amount} account={request_.account_id}")
        if not self._parts.links.send(request_):
            return refused("link.no_page", status=409)
        return done("link.given", to=to.address)

    def _request(self, record: HandoverRecord, chosen: Payable, to: Contact) -> LinkRequest:
        """NotPayable where the bill is none of these, or is paid by now."""
        context, bill_id = record.context, request.form.get("bill", "")
        rules = self._parts.desk_rules().of_line(context.line)
        note = next((each for each in chosen.bills if each.id == bill_id), None)
        if note is None:
            raise NotPayable("pay.choose_bills", "bill")
        amount = payable([note], [bill_id], field("amount", 20) or f"{note.amount.decimal():f}", rules)
        account = self._parts.directory.by_number(chosen.account_number)
        bills = () if account is None else self._parts.directory.open_bills(account)
        bill = next((each for each in bills if each.id == bill_id), None)
        if account is None or bill is None:
            raise NotPayable("pay.paid_by_now", "bill")
        none_under_way(self._parts, account.id, [bill_id])
        return LinkRequest(context.call_uuid, account.id, bill, amount, to, context.language, current_user().name)


def _compact(number: str) -> str:
    """A telephone number without the space and the marks that people put between its digits."""
    return re.sub(r"[\s().-]", "", number)
