"""Whatever holds digits of a card shows none, however it is turned into text; and nothing else holds any."""

from __future__ import annotations

import copy
import dataclasses
import importlib
import pickle
import pkgutil
import pprint
import re
import traceback
from collections.abc import Callable, Iterator

import pytest
from rich.pretty import pretty_repr

import fs_app
from fs_app.domain.bank_account import BankAccount
from fs_app.domain.card import Card
from fs_app.domain.keys import Entry, Field, Heard, KeyBuffer, Verdict
from fs_app.domain.money import Money
from fs_app.domain.payment import OrderId
from fs_app.domain.secret import Secret
from fs_app.flow.call import Call, Line
from fs_app.flow.facts import Facts
from fs_app.ports import ChargeRequest
from fs_app.testing.fakes import (
    ListJournal,
    TextVoice,
)
from fs_app.testing.phone import ScriptedPhone
from fs_app.testing.services import fake_services
from tests.cards import visa

NUMBER, EXPIRY, CODE = "4111111111111111", "1230", "123"


def _entry() -> Entry:
    entry = Entry(Field("card number", min_length=12, max_length=19, secret=True))
    for key in NUMBER:
        entry.press(key)
    return entry


def _buffer() -> KeyBuffer:
    buffer = KeyBuffer()
    for key in NUMBER:
        buffer.feed(key)
    return buffer


def _call() -> Call:
    services = fake_services()
    return Call(
        Line("f", "en", "q"), ScriptedPhone(TextVoice({})), services, ListJournal(), facts=Facts(means=visa())
    )


HOLDERS: dict[type, Callable[[], object]] = {
    Secret: lambda: Secret(NUMBER),
    Card: visa,
    BankAccount: lambda: BankAccount(Secret(NUMBER[:9]), Secret(NUMBER), last_four=NUMBER[-4:]),
    Heard: lambda: Heard(Verdict.ENTERED, Secret(NUMBER)),
    Entry: _entry,
    KeyBuffer: _buffer,
    ChargeRequest: lambda: ChargeRequest(OrderId("o"), Money(1, "USD"), visa()),
    Facts: lambda: Facts(means=visa()),
    Call: _call,
}
WAYS: dict[str, Callable[[object], object]] = {
    "repr": repr,
    "str": str,
    "format": lambda held: f"{held}",
    "ascii": ascii,
    "in a list": lambda held: repr([held]),
    "pprint": pprint.pformat,
    "rich": pretty_repr,
}
COPIES: dict[str, Callable[[object], object]] = {
    "pickle": pickle.dumps,
    "deepcopy": copy.deepcopy,
    "asdict": lambda held: dataclasses.asdict(held),  # type: ignore[call-overload]
}


@pytest.mark.parametrize("kind", HOLDERS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("way", WAYS)
def test_no_text_of_it_shows_a_digit(kind: type, way: str) -> None:
    text = str(WAYS[way](HOLDERS[kind]()))
    assert not re.search(rf"{NUMBER[:6]}|{EXPIRY}|\b{CODE}\b", text), way


@pytest.mark.parametrize(
    "kind", [Secret, Card, BankAccount, Heard, ChargeRequest, Facts], ids=lambda kind: kind.__name__
)
@pytest.mark.parametrize("way", COPIES)
def test_it_is_never_pickled_or_copied_whole(kind: type, way: str) -> None:
    with pytest.raises(TypeError):
        COPIES[way](HOLDERS[kind]())


def test_a_traceback_with_local_variables_shows_none() -> None:
    """As error reporters print them."""

    def charge(card: Card, request: object, keys: KeyBuffer) -> None:
        raise ZeroDivisionError

    try:
        charge(visa(), HOLDERS[ChargeRequest](), _buffer())
    except ZeroDivisionError as error:
        told = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "card = " in told
    assert NUMBER[:6] not in told


def test_every_class_that_holds_a_card_is_in_this_list() -> None:
    found = {kind for kind in _dataclasses() if any(_holds(str(each.type)) for each in dataclasses.fields(kind))}
    assert found - set(HOLDERS) == set()
    assert {Card, Heard, ChargeRequest, Facts} <= found


def _holds(annotation: str) -> bool:
    return bool(
        re.search(r"\b(Card|BankAccount|Means|Secret|Heard|Entry|KeyBuffer|ChargeRequest|Facts)\b", annotation)
    )


def _dataclasses() -> Iterator[type]:
    """Of the whole package but the commands for people, the gateway's own side and the campaigns."""
    skipped = re.compile(
        r"fs_app\.(gateways\.sandbox|chaos|soak|proof|demo|testing|cli|__main__|store\.migrations)"
    )
    for module in pkgutil.walk_packages(fs_app.__path__, "fs_app."):
        if not skipped.match(module.name):
            for value in vars(importlib.import_module(module.name)).values():
                if isinstance(value, type) and dataclasses.is_dataclass(value):
                    yield value
