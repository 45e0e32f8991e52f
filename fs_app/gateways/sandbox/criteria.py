"""Search criteria, whatever is searched: a field, a reader of that field, and operators.

Fields are ANDed, list items ORed. Times compare in whole seconds, ends included; an empty value matches nil. A
reader that returns a list means any of its values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Generic, TypeVar

from fs_app.gateways.sandbox.exchange import Answer, Call
from fs_app.gateways.sandbox.store import Card
from fs_app.gateways.sandbox.xml import Collection, Items

PAGE_SIZE = 50
Thing = TypeVar("Thing")
_Term = Callable[[Any], bool]


class BadCriterion(Exception):
    """A field or a value that the search does not know."""


@dataclass(frozen=True, slots=True)
class Searchable(Generic[Thing]):
    """What can be searched for: readers of fields, cards whose number may be asked for, the answer's names."""

    readers: Mapping[str, Callable[[Thing], Any]]
    cards: Callable[[Thing], Iterable[Card]]
    root: str
    tag: str


def ids(call: Call, what: Searchable[Thing], newest_first: Iterable[Thing]) -> Answer:
    """The ids of all that match, for the first step of a search."""
    found = [what.readers["id"](thing) for thing in matching(call, what, newest_first)]
    return Answer(200, "search_results", {"page_size": PAGE_SIZE, "ids": Items("item", found)})


def page(
    call: Call, what: Searchable[Thing], newest_first: Iterable[Thing], view: Callable[[Thing], Any]
) -> Answer:
    """The things themselves, at most a page of them, for the second step."""
    found = [view(thing) for thing in matching(call, what, newest_first)[:PAGE_SIZE]]
    head = {"current_page_number": 1, "page_size": PAGE_SIZE, "total_items": len(found)}
    return Answer(200, what.root, Collection(head, what.tag, found))


def matching(call: Call, what: Searchable[Thing], things: Iterable[Thing]) -> list[Thing]:
    """Those of the things that the call's criteria mean. BadCriterion, even if there is nothing to search."""
    terms = [_term(call, what, name, criterion) for name, criterion in call.params.items()]
    return [thing for thing in things if all(term(thing) for term in terms)]


_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "is": lambda value, wanted: bool(value == wanted),
    "is_not": lambda value, wanted: bool(value != wanted),
    "starts_with": lambda value, wanted: value is not None and str(value).startswith(wanted or ""),
    "ends_with": lambda value, wanted: value is not None and str(value).endswith(wanted or ""),
    "contains": lambda value, wanted: value is not None and (wanted or "") in str(value),
    "min": lambda value, wanted: value is not None and value >= wanted,
    "max": lambda value, wanted: value is not None and value <= wanted,
}

# The card on record, the digits asked for, and their keyed hash.
_NUMBER_OPERATORS: Mapping[str, Callable[[Card, str, str], bool]] = {
    "is": lambda card, _, hashed: card.fingerprint == hashed,
    "is_not": lambda card, _, hashed: card.fingerprint != hashed,
    "starts_with": lambda card, digits, _: card.bin.startswith(digits[:6]),
    "ends_with": lambda card, digits, _: card.last_4.endswith(digits[-4:]),
}


def _term(call: Call, what: Searchable[Any], name: str, criterion: Any) -> _Term:
    """The test that one criterion means."""
    if name == "credit_card_number":
        return _number_term(call, what, criterion)
    if name not in what.readers:
        raise BadCriterion(name)
    reader = what.readers[name]
    if isinstance(criterion, list):
        return lambda thing: any(value in criterion for value in _values(reader(thing)))
    if isinstance(criterion, bool):
        return lambda thing: bool(reader(thing) == criterion)
    if not isinstance(criterion, dict) or criterion.keys() - _OPERATORS.keys():
        raise BadCriterion(name)
    tests = [(_OPERATORS[word], _typed(name, wanted)) for word, wanted in criterion.items()]
    return lambda thing: any(
        all(holds(value, wanted) for holds, wanted in tests) for value in _values(reader(thing))
    )


def _values(read: Any) -> list[Any]:
    return read if isinstance(read, list) else [read]


def _number_term(call: Call, what: Searchable[Any], criterion: Any) -> _Term:
    """The whole number by its keyed hash, parts by the digits that are kept."""
    if not isinstance(criterion, dict) or criterion.keys() - _NUMBER_OPERATORS.keys():
        raise BadCriterion("credit_card_number")
    tests = [
        (_NUMBER_OPERATORS[word], wanted or "", call.books.fingerprint(wanted or ""))
        for word, wanted in criterion.items()
    ]
    return lambda thing: any(
        all(holds(card, wanted, hashed) for holds, wanted, hashed in tests) for card in what.cards(thing)
    )


def _typed(name: str, wanted: Any) -> Any:
    """A criterion's value in the type of its field."""
    if wanted is None:
        return None
    if name in _NUMBERS:
        return _number(wanted)
    if name in _DATES:
        return _date(name, wanted)
    if name.endswith("_at") and not isinstance(wanted, datetime):
        raise BadCriterion(name)
    return wanted


# Fields that are compared as numbers or as days, not as text.
_NUMBERS = frozenset(
    {"amount", "amount_disputed", "amount_won", "billing_cycles_remaining", "days_past_due", "price"}
)
_DATES = frozenset({"received_date", "reply_by_date", "effective_date", "disbursement_date", "next_billing_date"})


def _number(text: Any) -> Decimal:
    try:
        number = Decimal(text)
    except (InvalidOperation, TypeError):
        raise BadCriterion("number") from None
    if not number.is_finite() or number < 0:
        raise BadCriterion("number")
    return number


def _date(name: str, wanted: Any) -> date:
    """A day, as a time or as month/day/year."""
    try:
        day = wanted if isinstance(wanted, datetime) else datetime.strptime(wanted, "%m/%d/%Y").replace(tzinfo=UTC)
    except (ValueError, TypeError):
        raise BadCriterion(name) from None
    return day.date()
