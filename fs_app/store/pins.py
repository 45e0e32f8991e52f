"""PINs are kept as argon2id hashes (RFC 9106). Both functions burn tens of milliseconds: run them off the hub."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()


def hash_pin(pin: str) -> str:
    """The encoded hash of a PIN, ``$argon2id$...``."""
    return _hasher.hash(pin)


def pin_fits(pin_hash: str | None, pin: str) -> bool:
    """True where the PIN has that hash; False too where there is no hash, or it is not argon2's."""
    if not pin_hash:
        return False
    try:
        return _hasher.verify(pin_hash, pin)
    except (VerificationError, InvalidHashError):
        return False
