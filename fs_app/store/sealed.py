"""Short secrets that must be read again, sealed with a key that is not in the database.

A secret of the second step cannot be hashed, since codes are computed from it. Where the settings have a key, who
reads the database, or a backup of it, still has no codes. The standard recipe does it: Fernet, which is AES-128-CBC
and HMAC-SHA256.
"""

from __future__ import annotations

import base64
import hashlib

import structlog
from cryptography.fernet import Fernet, InvalidToken

_log = structlog.get_logger(__name__)
_MARK = "fernet:"


class Seal:
    """Seals with the key of the settings; without one, texts are kept as they are."""

    def __init__(self, key: str | None) -> None:
        digest = hashlib.sha256(b"fs_app console " + (key or "").encode()).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(digest)) if key else None

    def sealed(self, text: str) -> str:
        """What is kept of a text."""
        return text if self._fernet is None else _MARK + self._fernet.encrypt(text.encode()).decode()

    def opened(self, kept: str) -> str | None:
        """The text; None where it was sealed with another key, which is an error of the settings."""
        if not kept.startswith(_MARK):
            return kept
        try:
            if self._fernet is not None:
                return self._fernet.decrypt(kept.removeprefix(_MARK)).decode()
        except InvalidToken:
            pass
        _log.error("a secret was sealed with another key than console.key")
        return None
