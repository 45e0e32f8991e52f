"""PINs are kept as argon2id hashes (RFC 9106), and compared in threads of their own.

Comparing burns 20 ms of a core. In the database's threads a burst of callers who key their PINs would keep every
other call from its balance, so the desk has its own few.

Where there is nothing to compare with, a decoy is compared, with the costs of the hash that was seen last: how long
we take must not tell which account numbers exist.
"""

from __future__ import annotations

from argon2 import Parameters, PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

from fs_app.store.offhub import OffHub

# OWASP's password storage advice for argon2id names five pairs of memory and passes that are worth the same; this
# one takes least of a server: 7 MiB stay near the core. More would buy nothing for four digits; what protects a PIN
# is the limit on tries. Hashes carry their own costs, so those made otherwise still fit.
_hasher = PasswordHasher(time_cost=5, memory_cost=7168, parallelism=1)


def hash_pin(pin: str) -> str:
    """The encoded hash of a PIN, ``$argon2id$...``. Burns 20 ms: not on the hub of a server."""
    return _hasher.hash(pin)


class PinDesk:
    """Compares PINs off the hub, ``threads`` at a time; StoreUnavailable where that takes over ``seconds``."""

    def __init__(self, threads: int = 2, seconds: float = 10.0) -> None:
        self.off_hub = OffHub(threads)
        self.seconds = seconds
        self._costs: Parameters | None = None  # of the last real hash

    def fits(self, pin_hash: str | None, pin: str) -> bool:
        """True where the PIN has that hash; False, after as long, where there is no hash or it is not argon2's."""
        return self.off_hub.call(lambda _job: self._fits(pin_hash or "", pin), self.seconds)

    def _fits(self, pin_hash: str, pin: str) -> bool:
        try:
            costs = extract_parameters(pin_hash)
        except InvalidHashError:
            self._burn(pin)
            return False
        self._costs = costs
        try:
            return _hasher.verify(pin_hash, pin)
        except (VerificationError, InvalidHashError):
            return False

    def _burn(self, pin: str) -> None:
        """Hashing costs what comparing does."""
        hasher = _hasher if self._costs is None else PasswordHasher.from_parameters(self._costs)
        hasher.hash(pin)
