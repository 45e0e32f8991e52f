"""Where a person gets a written message: an SMS number or a mail address."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class MessageKind(StrEnum):
    """How a message travels."""

    SMS = "sms"
    MAIL = "mail"


# E.164 with its plus; an address that no mail system would take for two, or for a header.
_FORMS = {
    MessageKind.SMS: re.compile(r"\+[1-9][0-9]{6,14}"),
    MessageKind.MAIL: re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,24}"),
}


@dataclass(frozen=True, slots=True)
class Contact:
    """One address, e.g. ``Contact.parse("sms:+15551230001")``."""

    kind: MessageKind
    address: str

    @classmethod
    def parse(cls, text: str) -> Contact:
        """From ``sms:+15551230001`` or ``mail:name@example.org``. ValueError for anything else."""
        kind, _, address = text.partition(":")
        if kind not in tuple(MessageKind) or not _FORMS[MessageKind(kind)].fullmatch(address):
            raise ValueError("a contact is sms:+15551230001 or mail:name@example.org")
        return cls(MessageKind(kind), address)

    def __str__(self) -> str:
        return f"{self.kind}:{self.address}"
