"""What proves that an account is the caller's: each link of a chain that is compared with the operator's data."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from fs_app.domain import fields
from fs_app.domain.bill import Account
from fs_app.domain.keys import Field
from fs_app.domain.rules import Rules
from fs_app.ports import Directory


class ProofLink(StrEnum):
    """Something that only the holder of an account should know."""

    PIN = "pin"
    POSTAL_CODE = "postal_code"
    BIRTH_DATE = "birth_date"


def field_of(link: ProofLink, rules: Rules) -> Field:
    """What is keyed for it: a secret."""
    if link is ProofLink.PIN:
        return fields.pin(rules.pin_length)
    if link is ProofLink.POSTAL_CODE:
        return fields.postal_code(rules.postal_code_length)
    return fields.birth_date()


def all_fit(
    directory: Directory, account: Account | None, keyed: Iterable[tuple[ProofLink, str]], rules: Rules
) -> bool:
    """Whether everything that was keyed is what the operator has. Nothing is left out because something else was
    wrong, and the same is done where there is no account: time does not tell what was wrong."""
    results = [_fits(directory, account, link, digits, rules) for link, digits in keyed]
    return account is not None and all(results)


def postal_code_fits(account: Account | None, keyed: str) -> bool:
    """Compares the leading digits: telephones have no letters, and a longer code on file (ZIP+4) is fine."""
    text = account.postal_code if account is not None else None
    on_file = "".join(character for character in text or "" if character in "0123456789")
    return hmac.compare_digest(on_file[: len(keyed)], keyed)


def date_of(keyed: str, order: str) -> date | None:
    """Eight keys as a date, in the order ``mdy``, ``dmy`` or ``ymd``; None where there is no such day."""
    lengths = {"d": 2, "m": 2, "y": 4}
    parts, rest = {}, keyed
    for part in order:
        parts[part], rest = rest[: lengths[part]], rest[lengths[part] :]
    try:
        return date(int(parts["y"]), int(parts["m"]), int(parts["d"]))
    except ValueError:
        return None


def _fits(directory: Directory, account: Account | None, link: ProofLink, keyed: str, rules: Rules) -> bool:
    if link is ProofLink.PIN:
        return directory.pin_matches(account, keyed)
    if link is ProofLink.POSTAL_CODE:
        return postal_code_fits(account, keyed)
    born = account.birth_date if account is not None else None
    return born is not None and born == date_of(keyed, rules.birth_date_order)
