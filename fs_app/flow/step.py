"""What a step is: a frozen model whose fields are its YAML keys, and what it says about itself.

To add one, copy the shortest file in ``steps/``: declare ``needs``, ``outcomes`` and the phrases it says, write
``run``. Steps say what happened, the flow says what follows.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from fs_app.flow.call import Call
from fs_app.flow.facts import Fact

Facts = frozenset[Fact]


@dataclass(frozen=True, slots=True)
class Says:
    """Marks a step's field as the name of a phrase: ``say: Annotated[str, Says("amount")] = "balance_is"``.

    ``gaps`` are the values the step can put into the phrase. The flow check takes from these marks which phrases
    must exist in every language, and an admin may name another phrase for any of them in YAML.
    """

    gaps: frozenset[str]

    def __init__(self, *gaps: str) -> None:
        object.__setattr__(self, "gaps", frozenset(gaps))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened: a sentence for the docs, the facts it teaches, and the facts it makes untrue."""

    meaning: str
    teaches: Facts = frozenset()
    forgets: Facts = frozenset()


class Step(BaseModel, ABC):
    """One thing a caller does. Immutable and shared by all calls: what belongs to a call is in `Call`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    do: ClassVar[str]
    """The step's name in YAML: verb_noun."""
    needs: ClassVar[Facts] = frozenset()
    """Facts that must be known on every path to this step."""
    outcomes: ClassVar[Mapping[str, Outcome]]
    """Everything ``run`` may return. No outcomes: the call ends here."""

    @abstractmethod
    def run(self, call: Call) -> str:
        """Do it and return an outcome. May raise CallEnded and StoreUnavailable; the engine deals with both."""
