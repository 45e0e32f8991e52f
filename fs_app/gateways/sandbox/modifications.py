"""Add-ons and discounts: the merchant's list of them, and what a request makes of those of a subscription."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from fs_app.gateways.sandbox.exchange import Answer, Call, Problems, Route, flag, section, text
from fs_app.gateways.sandbox.store import new_id
from fs_app.gateways.sandbox.transactions import AMOUNT
from fs_app.gateways.sandbox.xml import Items, Tree

# The parameters' groups and the kind of what is in them.
GROUPS = {"add_ons": "add_on", "discounts": "discount"}


@dataclass(frozen=True, slots=True)
class Modification:
    """An add-on or a discount. ``cycles`` is None where it never expires."""

    id: str
    kind: str
    amount: Decimal
    name: str | None = None
    description: str | None = None
    cycles: int | None = None
    quantity: int = 1

    @property
    def total(self) -> Decimal:
        """What it adds to the price of a period."""
        return self.amount * self.quantity * (1 if self.kind == "add_on" else -1)


def modification_view(modification: Modification) -> Tree:
    """All fields of an add-on or a discount."""
    return {
        "id": modification.id,
        "kind": modification.kind,
        "name": modification.name,
        "description": modification.description,
        "amount": modification.amount,
        "never_expires": modification.cycles is None,
        "number_of_billing_cycles": modification.cycles,
        "quantity": modification.quantity,
        "current_billing_cycle": 0,
    }


def views(modifications: Iterable[Modification], kind: str) -> Items:
    """Those of a kind, as a plan or a subscription shows them."""
    return Items(kind, [modification_view(each) for each in modifications if each.kind == kind])


def number(tree: Tree, name: str) -> int | None:
    """A whole number of at most four digits, None where it is absent or something else."""
    given = text(tree, name)
    return int(given) if given is not None and re.fullmatch("[0-9]{1,4}", given) else None


def create(call: Call) -> Answer:
    """POST /modifications/create_modification_for_tests: what is set up in the control panel otherwise."""
    given = call.params
    made = Modification(
        id=text(given, "id") or new_id(),
        kind=text(given, "kind") or "add_on",
        amount=Decimal(_amount(given) or 0),
        name=text(given, "name"),
        description=text(given, "description"),
        cycles=None if flag(given, "never_expires") else number(given, "number_of_billing_cycles"),
    )
    call.books.modifications[made.id] = made
    plan = call.books.plans.get(text(given, "plan_id") or "")
    if plan is not None:
        plan.modifications.append(made)
    return Answer(201, "modification", modification_view(made))


def listed(call: Call) -> Answer:
    """GET /add_ons/ and /discounts/."""
    group = call.args[0]
    return Answer(200, group, views(call.books.modifications.values(), GROUPS[group]))


def changed(call: Call, present: list[Modification], problems: Problems) -> list[Modification]:
    """What is left of ``present`` after the request's add, update and remove; problems are noted."""
    if flag(call.section("options"), "replace_all_add_ons_and_discounts"):
        present = []
    found = {each.id: each for each in present}
    for group, kind in GROUPS.items():
        given = section(call.params, group)
        for name in _list(given, "remove"):
            if found.pop(str(name), None) is None:
                problems.add("92016", "subscription", group)
        for index, item in enumerate(_list(given, "update")):
            place = ("subscription", group, "update", f"index_{index}")
            old = found.get(text(item, "existing_id") or "")
            if old is None:
                problems.add("92011", *place)
            else:
                found[old.id] = _read(item, old, problems, *place)
        for index, item in enumerate(_list(given, "add")):
            place = ("subscription", group, "add", f"index_{index}")
            parent = call.books.modifications.get(text(item, "inherited_from_id") or "")
            if parent is None or parent.kind != kind:
                problems.add("92013", *place)
            else:
                found[parent.id] = _read(item, parent, problems, *place)
    return list(found.values())


def _read(item: Tree, parent: Modification, problems: Problems, *place: str) -> Modification:
    made = parent
    if text(item, "amount") is not None:
        amount = _amount(item)
        if amount is None:
            problems.add("92002", *place)
        else:
            made = replace(made, amount=Decimal(amount))
    if text(item, "quantity") is not None:
        quantity = number(item, "quantity")
        if not quantity:
            problems.add("92001" if quantity is None else "92010", *place)
        else:
            made = replace(made, quantity=quantity)
    if flag(item, "never_expires"):
        return replace(made, cycles=None)
    if text(item, "number_of_billing_cycles") is not None:
        cycles = number(item, "number_of_billing_cycles")
        if not cycles:
            problems.add("92005" if cycles is None else "92019", *place)
        made = replace(made, cycles=cycles)
    return made


def _amount(tree: Tree) -> str | None:
    given = text(tree, "amount") or ""
    return given if AMOUNT.fullmatch(given) and not given.startswith("-") else None


def _list(tree: Tree, name: str) -> list[Any]:
    """A list of groups, or of names to remove; anything else counts for nothing."""
    given = tree.get(name)
    wanted = str if name == "remove" else dict
    return [each for each in given if isinstance(each, wanted)] if isinstance(given, list) else []


ROUTES: tuple[Route, ...] = (
    ("POST", "/modifications/create_modification_for_tests", create),
    ("GET", "/(add_ons|discounts)/", listed),
)
