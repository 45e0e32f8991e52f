"""What a step is: a frozen model whose fields are its YAML keys, and what it says about itself.

To add one, copy the shortest file in ``steps/``: declare ``needs``, ``outcomes`` and the phrases it says, write
``run``. Steps say what happened, the flow says what follows.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, StringConstraints

from fs_app.domain.payment import Payment
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact

FactSet = frozenset[Fact]
NO_FACTS: FactSet = frozenset()

PhraseName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


@dataclass(frozen=True, slots=True)
class Says:
    """Marks a step's field as the name of a phrase: ``say: Annotated[PhraseName, Says("amount")] = "balance_is"``.

    ``gaps`` are the values the step can put into the phrase. The flow check takes from these marks which phrases
    must exist in every language, and an admin may name another phrase for any of them in YAML.
    """

    gaps: frozenset[str]

    def __init__(self, *gaps: str) -> None:
        object.__setattr__(self, "gaps", frozenset(gaps))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened: a sentence for the docs, the facts it teaches, and the facts it makes untrue.

    The step sets what it teaches; the engine forgets what the outcome forgets. It can happen only where the facts
    in ``only_with`` are known and none of ``never_with`` is: a saved card is never asked for its number again, and
    a card needs no authorisation of a debit.
    """

    meaning: str
    teaches: FactSet = NO_FACTS
    forgets: FactSet = NO_FACTS
    only_with: FactSet = NO_FACTS
    never_with: FactSet = NO_FACTS
    optional: bool = False
    """Whether a flow may leave it unmapped: then the step asked before is asked again."""
    instead: str = ""
    """The outcome whose arrow it follows where it is left unmapped."""

    def possible(self, known: FactSet) -> bool:
        """Whether it can happen where this is known."""
        return self.only_with <= known and not self.never_with & known


@dataclass(frozen=True, slots=True)
class Said:
    """A phrase a step may say. ``key`` is the YAML key that names it, empty for one that is always the same."""

    key: str
    phrase: str
    gaps: frozenset[str]


MOVED = "moved"
"""The outcome of every step that goes on at another server."""


class StepEnds(Exception):
    """Ends a step from deep inside: `ask` raises it for ``agent``, ``back`` and ``gave_up``."""

    def __init__(self, outcome: str) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class Step(BaseModel, ABC):
    """One thing a caller does. Immutable and shared by all calls: what belongs to a call is in `Call`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    do: ClassVar[str]
    """The step's name in YAML: verb_noun."""
    needs: ClassVar[FactSet] = NO_FACTS
    """Facts that must be known on every path to this step."""
    needs_with: ClassVar[Mapping[Fact, FactSet]] = {}
    """Facts that must be known besides on every path on which that fact is."""
    outcomes: ClassVar[Mapping[str, Outcome]]
    """Everything ``run`` may return. No outcomes: the call ends here."""
    keys: ClassVar[Mapping[str, str]] = {}
    """What keys mean here, for the docs."""
    says: ClassVar[frozenset[str]] = frozenset()
    """Phrases without gaps that the step says besides those its fields name."""
    asks: ClassVar[bool] = False
    """Whether ``*`` can lead back to this step."""
    secret: ClassVar[bool] = False
    """Whether a card or a bank account is keyed here: then nobody listens in."""
    way_back: ClassVar[bool] = True
    """False where ``*`` must not lead back past this step: across a charge."""

    @abstractmethod
    def run(self, call: Call) -> str:
        """Do it and return an outcome. May raise StepEnds with one, CallEnded, and StoreError: the engine
        deals with all of them."""

    def left(self, call: Call) -> None:
        """Another server, which goes on with the call at another step, tells the end of what its `within` says is
        open at this one."""

    def all_outcomes(self) -> Mapping[str, Outcome]:
        """The outcomes of this very step; a menu's are named in its YAML."""
        return self.outcomes

    def languages(self) -> tuple[str, ...]:
        """The languages that this step may switch the call to."""
        return ()

    def phrases(self) -> Iterator[Said]:
        """Every phrase this step may say."""
        for key, info in type(self).model_fields.items():
            for mark in info.metadata:
                if isinstance(mark, Says):
                    named = getattr(self, key)
                    for phrase in (named,) if isinstance(named, str) else named:
                        yield Said(key, phrase, mark.gaps)
        for phrase in sorted(self.says):
            yield Said("", phrase, frozenset())


class ChargingStep(Step):
    """A step that opens an attempt to pay: the only kind that a server's death can leave half done."""

    @abstractmethod
    def take_up(self, call: Call, attempt: Payment) -> str:
        """Go on with an attempt that was opened by a server that is gone: find out what became of it, tell the
        caller, and return the outcome. It charges nothing, and there is no card."""
