"""Passwords: which may be chosen, and their hashes, compared and made off the hub.

They are hashed as PINs are (`pins`): its costs are among those that OWASP advises for passwords.
"""

from __future__ import annotations

import re
import unicodedata

from zxcvbn import zxcvbn

from fs_app.errors import WeakPassword
from fs_app.store.offhub import Job
from fs_app.store.pins import PinDesk, hash_pin

SHORTEST, LONGEST = 12, 128
_LOOKED_AT = 72  # the search for patterns grows faster than the text
_LEAST_SCORE = 3  # of 4: "safely unguessable", over 10^8 guesses against a slow hash


class PasswordDesk:
    """Compares, judges and hashes passwords in threads of its own; StoreUnavailable where that takes too long."""

    def __init__(self) -> None:
        self._desk = PinDesk(threads=2)

    def fits(self, password_hash: str | None, password: str) -> bool:
        """Whether the password has that hash; False, after as long, where there is none."""
        given = _normal(password)
        return self._desk.fits(password_hash if len(given) <= LONGEST else None, given[:LONGEST])

    def hashed(self, password: str, known: tuple[str, ...]) -> str:
        """The hash of a password that is chosen. WeakPassword; ``known`` are words that it must not consist of, the
        login name and so on."""
        return self._desk.off_hub.call(lambda job: _hashed(job, _normal(password), known), self._desk.seconds)


def _normal(password: str) -> str:
    """The same text however a keyboard composes it (NIST SP 800-63B, 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def _hashed(_job: Job, password: str, known: tuple[str, ...]) -> str:
    if len(password) < SHORTEST:
        raise WeakPassword("short")
    if len(password) > LONGEST:
        raise WeakPassword("long")
    left = _without(known, password)[:_LOOKED_AT]
    if not left or zxcvbn(left)["score"] < _LEAST_SCORE:
        raise WeakPassword("guessable")
    return hash_pin(password)


def _without(known: tuple[str, ...], password: str) -> str:
    """What is left of a password where everybody knows some words of it: zxcvbn alone is content with a name and a
    year."""
    left = password.casefold()
    for word in sorted(re.findall(r"\w{3,}", " ".join((*known, "fs_app")).casefold()), key=len, reverse=True):
        left = left.replace(word, "")
    return left
