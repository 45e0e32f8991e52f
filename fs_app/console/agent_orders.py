"""What an agent tells a call: each button is an order, which the call's worker takes within a second or two."""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for

from fs_app.console.access import audit, current_user, page
from fs_app.console.agent_pages import AGENTS, none_under_way, not_payable, payable_bills, visible
from fs_app.console.assisting import may, target_said
from fs_app.console.desk_rules import NotPayable, payable
from fs_app.console.forms import Answer, answered, done, field, refused
from fs_app.console.handovers import is_free, is_lost, is_theirs
from fs_app.console.parts import ConsoleParts
from fs_app.console.speech import current_words
from fs_app.domain.handover import HandoverState
from fs_app.domain.money import Money
from fs_app.ports.console import HandoverRecord
from fs_app.ports.desk import OrderKind

SEND_TO = ("pay", "self_service", "survey")
"""Where every caller can be sent to; the steps of the flow besides."""


def register(pages: Blueprint, parts: ConsoleParts) -> None:
    """Add these views."""
    views = AgentOrders(parts)
    here, post = "/agent/calls/<int:handover_id>", ("POST",)
    page(pages, f"{here}/claim", roles=AGENTS, methods=post, action="claim_call")(views.claim)
    page(pages, f"{here}/order", roles=AGENTS, methods=post, action="order")(views.order)
    page(pages, "/agent/orders/<int:order_id>/withdraw", roles=AGENTS, methods=post, action="withdraw_order")(
        views.withdraw
    )


class AgentOrders:
    """The views."""

    def __init__(self, parts: ConsoleParts) -> None:
        self._parts = parts

    def claim(self, handover_id: int) -> Response:
        """This is my call: for queues that do not tell who took it."""
        record, user = visible(self._parts, handover_id), current_user()
        back = url_for("agent.call", handover_id=handover_id)
        audit(subject=record.context.call_uuid)
        if is_theirs(record, user):
            return answered(done("call.claimed"), back)
        if not is_free(record) or not self._parts.desk_view.claim(handover_id, user.agent or user.name):
            return answered(refused("call.taken", status=409), url_for("agent.home"))
        return answered(done("call.claimed"), back)

    def order(self, handover_id: int) -> Response:
        """One order for the call of a hand-over."""
        record = visible(self._parts, handover_id)
        audit(subject=record.context.call_uuid, detail=f"handover={handover_id}")
        return answered(self._ordered(record), url_for("agent.call", handover_id=handover_id))

    def withdraw(self, order_id: int) -> Response:
        """Take back what no call has taken."""
        order, user = self._parts.desk_view.order(order_id), current_user()
        back = request.form.get("back", "")
        if order is None or order.order.by != user.name:
            return answered(refused("order.not_yours", status=404), url_for("agent.home"))
        audit(subject=order.order.call_uuid, detail=f"order={order_id}")
        if not self._parts.desk_view.withdraw_order(order_id):
            return answered(refused("order.too_late", status=409), _own(back))
        return answered(done("order.withdrawn"), _own(back))

    def _ordered(self, record: HandoverRecord) -> Answer:
        user, now = current_user(), self._parts.clock.now()
        if not is_theirs(record, user):
            return refused("call.claim_first", status=409)
        if record.state is not HandoverState.TALKING:
            return refused("call.not_talking", status=409)
        if is_lost(record, now):
            return refused("call.lost", status=409)
        try:
            kind = OrderKind(field("kind"))
        except ValueError:
            return refused("order.unknown", status=400)
        if kind in (OrderKind.SEND_TO, OrderKind.TRANSFER):
            return self._send_on(record, kind, field("target"))
        return self._about_payment(record, kind)

    def _about_payment(self, record: HandoverRecord, kind: OrderKind) -> Answer:
        call_uuid = record.context.call_uuid
        assists = self._parts.desk_view.assists_of([call_uuid])
        if assists and not may(kind, assists[-1].view, skip_code=record.context.may_skip_code):
            return refused("order.not_now", status=409)
        if kind is not OrderKind.TAKE_PAYMENT:
            return self._given(record, kind) if assists else refused("order.not_now", status=409)
        chosen = payable_bills(self._parts, record, field("account", 32))
        wanted, rules = request.form.getlist("bill"), self._parts.desk_rules().of_line(record.context.line)
        try:
            amount = payable(chosen.bills, wanted, field("amount", 20), rules)
            none_under_way(self._parts, chosen.account_id, wanted)
        except NotPayable as problem:
            return not_payable(problem)
        account = chosen.account_number if chosen.found else ""
        return self._given(record, kind, bills=tuple(wanted), amount=amount, account=account)

    def _send_on(self, record: HandoverRecord, kind: OrderKind, target: str) -> Answer:
        """Back to self-service, or to another queue; nobody is sent away while they pay."""
        assists = self._parts.desk_view.assists_of([record.context.call_uuid])
        if assists and not may(kind, assists[-1].view, skip_code=False):
            return refused("order.cancel_first", status=409)
        known = (*SEND_TO, *record.context.steps) if kind is OrderKind.SEND_TO else self._parts.desk_rules().queues
        if target not in known:
            return refused("order.no_target", "target")
        return self._given(record, kind, target=target)

    def _given(
        self,
        record: HandoverRecord,
        kind: OrderKind,
        *,
        bills: tuple[str, ...] = (),
        amount: Money | None = None,
        target: str = "",
        account: str = "",
    ) -> Answer:
        words, by = current_words(), current_user().name
        order_id = self._parts.desk_view.give_order(
            record.context.call_uuid, kind, by, bills=bills, amount=amount, target=target, account=account
        )
        about = " ".join(filter(None, (kind, str(amount or ""), target, account)))
        audit(detail=f"{about} handover={record.ticket.id}", result=f"order {order_id}")
        what = {
            OrderKind.TAKE_PAYMENT: lambda: words(
                "order.take_payment", amount=words.money(amount) if amount else ""
            ),
            OrderKind.SEND_TO: lambda: words("order.send_to", target=target_said(kind, target, words)),
            OrderKind.TRANSFER: lambda: words("order.transfer", target=target),
        }.get(kind, lambda: words(f"order.{kind}"))()
        return done("order.given", what=what)


def _own(path: str) -> str:
    """A page of an agent's to go back to."""
    return path if path.startswith("/agent") else url_for("agent.home")
