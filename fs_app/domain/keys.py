"""What keys mean, everywhere the same. No I/O, no clock: time reaches this module as ``pause()``.

* ``#`` done; on an empty field, help.
* ``*`` clears what was typed; on an empty field it goes one step back.
* ``0`` alone is a person, ``9`` alone repeats the question, ``8`` alone does so more slowly from now on: at once in
  a menu, else with ``#`` or a pause. Where such a key is a choice of the menu, or one of the field's ``values``, it
  is that and nothing else.
* A field ends as soon as it is complete, or as soon as what was typed can only be refused. A ``#`` that comes after
  an answer, one too many, is dropped: it asks for help only once the next question was heard to its end.
* Keys typed early are kept for the next question (`KeyBuffer`), except where the flow says `forget`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from fs_app.domain.secret import Secret

KEYS = frozenset("0123456789*#")
DONE, CLEAR, PERSON, REPEAT, SLOWER = "#", "*", "0", "9", "8"


@dataclass(frozen=True, slots=True)
class Field:
    """One answer a caller keys in.

    Lengths are in keys, terminator not counted. ``complete`` says whether the keys so far are a whole answer,
    so that the field ends without ``#``; by default a field is complete at ``max_length``. ``refuses`` tells
    the reason why what was typed so far can only be refused, so that this is said before the rest is typed; it
    is asked at each key and must be quick, and no reason may hold a key. ``choices`` makes it a menu: one key
    of these. ``values`` are keys of 0, 8 and 9 that are an answer by themselves, as in a number of months.
    ``patience`` multiplies the line's first-key and inter-key times. ``usual`` tells how many keys there will be,
    by those that came, for whoever counts along; by default ``max_length``.
    """

    name: str
    min_length: int = 1
    max_length: int = 1
    secret: bool = False
    choices: frozenset[str] = frozenset()
    complete: Callable[[str], bool] | None = None
    refuses: Callable[[str], str | None] | None = None
    values: frozenset[str] = frozenset()
    patience: float = 1.0
    usual: Callable[[str], int] | None = None

    def expects(self, digits: str) -> int:
        """How many keys there will be, as far as can be told."""
        return self.max_length if self.usual is None else self.usual(digits)

    def is_complete(self, digits: str) -> bool:
        """True where no further key can be part of the answer."""
        if len(digits) >= self.max_length:
            return True
        return self.complete is not None and self.complete(digits)

    def slower(self, attempt: int) -> Field:
        """The same field for the n-th try (0 is the first): each try waits half as long again for keys."""
        return replace(self, patience=self.patience * (1 + attempt / 2))


def menu(name: str, choices: str | frozenset[str], *, patience: float = 1.0) -> Field:
    """A field of one key. ``0``, ``8`` and ``9`` keep their universal meaning unless they are among the choices."""
    return Field(name=name, choices=frozenset(choices), patience=patience)


class Verdict(StrEnum):
    """What one answer came to."""

    ENTERED = "entered"
    TOO_SHORT = "too_short"
    WRONG_KEY = "wrong_key"
    SILENCE = "silence"
    AGENT = "agent"
    BACK = "back"
    REPEAT = "repeat"
    SLOWER = "slower"
    HELP = "help"
    CLEARED = "cleared"
    REFUSED = "refused"
    INTERRUPTED = "interrupted"  # something else came first: an order, a transfer


_ALONE = {PERSON: Verdict.AGENT, REPEAT: Verdict.REPEAT, SLOWER: Verdict.SLOWER}
_IN_A_MENU = {**_ALONE, CLEAR: Verdict.BACK, DONE: Verdict.HELP}


@dataclass(slots=True, eq=False)
class Heard:
    """What the caller answered. ``entry`` is empty unless ENTERED; its reader wipes it. ``reason`` is why it is
    REFUSED."""

    verdict: Verdict
    entry: Secret
    reason: str = ""

    @property
    def digits(self) -> str:
        """The keys in clear."""
        return self.entry.reveal()


class Entry:
    """The keys of one answer while they are typed. Feed keys and pauses; the first verdict is final."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self.secret = Secret()
        self.reason = ""

    def __repr__(self) -> str:
        return f"<Entry {self.field.name} {len(self.secret)} keys>"

    def press(self, key: str) -> Verdict | None:
        """Take one key; None means go on. ValueError where the key is not on a telephone."""
        if key not in KEYS:
            raise ValueError("not a telephone key")
        if self.field.choices:
            return self._choose(key)
        if key == CLEAR:
            if not len(self.secret):
                return Verdict.BACK
            self.secret.wipe()
            return Verdict.CLEARED
        if key == DONE:
            return self._finish(Verdict.HELP)
        self.secret.append(key)
        digits = self.secret.reveal()
        if self.field.refuses is not None and not self._universal(digits):
            self.reason = self.field.refuses(digits) or ""
        if self.reason:
            return Verdict.REFUSED
        return Verdict.ENTERED if self.field.is_complete(digits) else None

    def pause(self) -> Verdict:
        """The first-key or inter-key time passed."""
        return self._finish(Verdict.SILENCE)

    def _choose(self, key: str) -> Verdict:
        if key in self.field.choices:
            self.secret.append(key)
            return Verdict.ENTERED
        return _IN_A_MENU.get(key, Verdict.WRONG_KEY)

    def _finish(self, when_empty: Verdict) -> Verdict:
        digits = self.secret.reveal()
        if not digits:
            return when_empty
        if self._universal(digits):
            self.secret.wipe()
            return _ALONE[digits]
        return Verdict.ENTERED if len(digits) >= self.field.min_length else Verdict.TOO_SHORT

    def _universal(self, digits: str) -> bool:
        return digits in _ALONE and digits not in self.field.values


class KeyBuffer:
    """Keys that arrived before somebody asked for them, oldest first. Bounded: 64 keys, the rest is dropped."""

    LIMIT = 64

    def __init__(self) -> None:
        self._keys: deque[str] = deque()
        self._drop_done = False

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def waiting(self) -> bool:
        """True where there are keys."""
        return bool(self._keys)

    def __repr__(self) -> str:
        return f"<KeyBuffer {len(self._keys)} keys>"

    def feed(self, key: str) -> bool:
        """Take a key; False where it was dropped (a ``#`` after a complete field, or the buffer is full)."""
        late_done = self._drop_done and key == DONE
        self._drop_done = False
        if late_done or len(self._keys) >= self.LIMIT:
            return False
        self._keys.append(key)
        return True

    def take(self) -> str | None:
        """The oldest key, or None."""
        return self._keys.popleft() if self._keys else None

    def answered(self) -> None:
        """Keys came to something: a ``#`` that comes next still belongs to them and is dropped."""
        if self._keys:
            if self._keys[0] == DONE:
                self._keys.popleft()
        else:
            self._drop_done = True

    def heard_out(self) -> None:
        """A question was heard to its end: a ``#`` that comes now belongs to it."""
        self._drop_done = False

    def forget(self) -> None:
        """Drop what was typed early: across a charge, a menu that changed, or an error."""
        self._keys.clear()
