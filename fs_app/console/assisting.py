"""An assisted payment and the orders of its agent, as they are shown. No I/O.

Of a field the agent sees how many keys came, never which; of a card its brand and last four.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fs_app.console.handovers import View
from fs_app.console.words import Words
from fs_app.domain.assist import OVER, AssistState, AssistView, FieldState, FieldView
from fs_app.ports.console import AssistRecord, OrderRecord
from fs_app.ports.desk import OrderKind

_KEYS_COUNT = frozenset({AssistState.ASKING, AssistState.PAUSED})
_STOPPABLE = frozenset({AssistState.STARTING, AssistState.ASKING, AssistState.PAUSED, AssistState.CONFIRMING})
_TRIED_AGAIN = frozenset(
    {AssistState.DECLINED, AssistState.CANCELLED, AssistState.NOT_PROTECTED, AssistState.UNAVAILABLE}
)
_OPEN_FIELDS = frozenset({FieldState.ASKED, FieldState.TYPING, FieldState.REFUSED})
_SHOWN_ORDERS = 6
_BRANDS = {
    "amex": "American Express", "diners": "Diners Club", "discover": "Discover", "jcb": "JCB", "maestro": "Maestro",
    "mastercard": "Mastercard", "unionpay": "UnionPay", "visa": "Visa",
}  # fmt: skip
BLANK: View = {"running": False, "over": False, "shown": False, "fields": []}
"""No payment was taken yet."""


def card(brand: str, last_four: str) -> str:
    """``Visa ···· 1111``; a bank's name for an account; empty where nothing is known."""
    digits = f"···· {last_four}" if last_four else ""
    return " ".join(filter(None, (_BRANDS.get(brand, brand), digits)))


def running(view: AssistView) -> bool:
    """Whether it goes on."""
    return view.state not in OVER


def may(kind: OrderKind, view: AssistView, *, skip_code: bool) -> bool:
    """Whether an order makes sense while a payment stands so. What it does is the call's to say."""
    match kind:
        case OrderKind.CLEAR | OrderKind.BACK:
            return view.state in _KEYS_COUNT
        case OrderKind.SKIP_CODE:
            return skip_code and view.state in _KEYS_COUNT and _asked(view) == "security_code"
        case OrderKind.CANCEL:
            return view.state in _STOPPABLE
    return not running(view)


def shown(record: AssistRecord, words: Words, *, skip_code: bool) -> View:
    """All of it."""
    view = record.view
    result = _said("assist_result", view, words) if not running(view) else ""
    return {
        "shown": True,
        "number": view.number,
        "running": running(view),
        "over": not running(view),
        "state": view.state.value,
        "said": _said("assist_state", view, words),
        "result": result,
        "advice": _why(view.why, words) if view.why else "",
        "amount": words.money(view.amount),
        "card": card(view.brand, view.last_four),
        "confirmation": view.confirmation,
        "by": view.by,
        "fields": [_field(each, words) for each in view.fields],
        "announce": _announced(view, words),
        "no_clear": not may(OrderKind.CLEAR, view, skip_code=skip_code),
        "no_back": not may(OrderKind.BACK, view, skip_code=skip_code),
        "no_skip": not may(OrderKind.SKIP_CODE, view, skip_code=skip_code),
        "no_cancel": not may(OrderKind.CANCEL, view, skip_code=skip_code),
        "again": view.state in _TRIED_AGAIN and not view.in_doubt,
    }  # fmt: skip


def _said(group: str, view: AssistView, words: Words) -> str:
    """The words for where it stands: of some that sent nothing they are not those of all the others."""
    own = f"{view.state}_{view.why}"
    return words.of(group, own if f"{group}.{own}" in words.texts else view.state)


def _field(field: FieldView, words: Words) -> View:
    return {
        "key": field.name,
        "label": words.of("field", field.name),
        "state": field.state.value,
        "said": _field_said(field, words),
        "keys": field.keys,
        "of": field.of or max(field.keys, 1),
        "bar": field.state is FieldState.TYPING,
    }


def _field_said(field: FieldView, words: Words) -> str:
    if field.state is FieldState.REFUSED and field.why:
        return _why(field.why, words)
    if field.state is not FieldState.TYPING:
        return words.of("field_state", field.state)
    if field.of:
        return words("assist.keys_of", keys=words.number(field.keys), of=words.number(field.of))
    return words("assist.keys", keys=words.number(field.keys))


def _announced(view: AssistView, words: Words) -> str:
    """What is read out when it changes: a state, or what became of a field, but not each key."""
    if view.state is not AssistState.ASKING:
        return " ".join(filter(None, (_said("assist_state", view, words), _why(view.why, words))))
    refused = next((each for each in view.fields if each.state is FieldState.REFUSED), None)
    if refused is not None:
        return words("assist.field_said", field=words.of("field", refused.name), said=_field_said(refused, words))
    name = _asked(view)
    return words("assist.asked_now", field=words.of("field", name)) if name else ""


def _asked(view: AssistView) -> str:
    """The field that is asked now."""
    return next((each.name for each in view.fields if each.state in _OPEN_FIELDS), "")


def _why(why: str, words: Words) -> str:
    """A phrase that the caller hears, or a word for what does not protect."""
    group = "phrase" if f"phrase.{why}" in words.texts else "why_not"
    return words.of(group, why)


def orders(records: Sequence[OrderRecord], words: Words) -> list[View]:
    """The last ones, the newest first, each with what came of it."""
    return [_order(each, words) for each in reversed(records[-_SHOWN_ORDERS:])]


def _order(record: OrderRecord, words: Words) -> View:
    order = record.order
    waits = not record.result
    return {
        "key": order.id,
        "withdraw": f"/agent/orders/{order.id}/withdraw",
        "what": words(f"order.{order.kind}", **_filling(record, words)),
        "state": "waits" if waits else ("done" if record.result == "done" else "refused"),
        "said": _outcome(record, words),
        "waits": waits and record.taken_at is None,
    }


def _filling(record: OrderRecord, words: Words) -> dict[str, Any]:
    order = record.order
    if order.kind is OrderKind.TAKE_PAYMENT:
        return {"amount": words.money(order.amount) if order.amount else words("order.what_is_due")}
    if order.kind in (OrderKind.SEND_TO, OrderKind.TRANSFER):
        return {"target": target_said(order.kind, order.target, words)}
    return {}


def target_said(kind: OrderKind, target: str, words: Words) -> str:
    """Where a caller is sent; steps and queues have names of the operator's."""
    return words.of("send_to", target) if kind is OrderKind.SEND_TO else target


def _outcome(record: OrderRecord, words: Words) -> str:
    if not record.result:
        return words("order.sent" if record.taken_at is None else "order.taken")
    if record.result in ("done", "withdrawn", "lapsed"):
        return words(f"order.{record.result}")
    return words("order.refused", why=words.of("refused", record.result))
