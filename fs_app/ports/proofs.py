"""How often who somebody claims to be was proved wrongly, over all calls and servers."""

from __future__ import annotations

from typing import Protocol

from fs_app.domain.rules import Lockout


class Proofs(Protocol):
    """Counts tries by what was claimed, whether or not there is such an account: both are locked alike.

    A try counts as wrong from before it is looked at, until it turns out right; so calls at the same moment get no
    more tries together than one would. ``claimed`` is kept as a keyed hash. Raises StoreUnavailable.
    """

    def locked(self, claimed: str, lockout: Lockout) -> bool:
        """Whether a try would not even be looked at now."""
        ...

    def tried(self, claimed: str, lockout: Lockout) -> bool:
        """Count a try, before it is looked at; False where it must not be: then it is not counted either."""
        ...

    def right(self, claimed: str) -> None:
        """The try was right: what was tried before is forgotten."""
        ...

    def take_back(self, claimed: str) -> None:
        """The try was not wrong, and says nothing of those before it: that one alone is forgotten."""
        ...
