"""Settings for callers who want a person: where people are, what callers hear meanwhile, what agents may do."""

from __future__ import annotations

import re
from itertools import combinations, permutations
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from fs_app.domain.destination import QUEUE_NAME, Destination, FeatureCode, HelpRules, Way, callcenter
from fs_app.settings.values import Part

_NAME = r"[A-Za-z0-9_.-]{1,64}"
_TARGETS = {
    Way.CALLCENTER: (re.compile(rf"{_NAME}(@{_NAME})?"), "the name of a queue of mod_callcenter"),
    Way.FIFO: (re.compile(_NAME), "the name of a fifo"),
    Way.EXTENSION: (re.compile(rf"{_NAME}@{_NAME}"), "user@domain of a telephone that is registered"),
    Way.TRUNK: (re.compile(rf"{_NAME}/\+?[0-9]{{2,20}}"), "gateway/number of a SIP gateway"),
}
Code = Annotated[str, StringConstraints(pattern=r"^[*#][0-9*#]{1,5}$")]


class DestinationSettings(Part):
    """Where a queue of a flow is, if not at mod_callcenter under its own name."""

    way: Way = Field(Way.CALLCENTER, description="callcenter, fifo, extension or trunk")
    target: str = Field(description="payments@default, support, 201@pbx.example.org, office/+15550100")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        pattern, meaning = _TARGETS[self.way]
        if not pattern.fullmatch(self.target):
            raise ValueError(f"target: should be {meaning}")
        return self

    def destination(self, name: str) -> Destination:
        """As the calls know it."""
        target = callcenter(self.target).target if self.way is Way.CALLCENTER else self.target
        return Destination(name, self.way, target)


class CodeSettings(Part):
    """Feature codes an agent presses on the telephone in a talk: each begins with * or #, none is in another."""

    take_payment: Code | None = Field("*71", description="take a payment of what the caller was about to pay")
    cancel: Code | None = Field("*70", description="stop the payment")
    send_back: Code | None = Field("*72", description="send the caller back, to pay")

    @model_validator(mode="after")
    def _apart(self) -> Self:
        """A code is given as soon as its last key is there, whatever came before or was to follow: one that is in
        another is given instead of it."""
        codes = {name: code for name, code in self.model_dump().items() if code}
        wrong = [f"{a} and {b} are both {codes[a]}" for a, b in combinations(codes, 2) if codes[a] == codes[b]]
        for inner, outer in permutations(codes, 2):
            if codes[inner] in codes[outer] and codes[inner] != codes[outer]:
                wrong.append(f"{inner} {codes[inner]} is in {outer} {codes[outer]}")
        if wrong:
            raise ValueError(
                f"{', '.join(wrong)}: the agent could not give both; choose codes of which none is in another, "
                "as *71, *70 and *72, or take one away with null"
            )
        return self

    def codes(self) -> dict[str, FeatureCode]:
        """By what is pressed."""
        return {code: FeatureCode(name) for name, code in self.model_dump().items() if code}


class AgentsSettings(Part):
    """Callers who want a person, and the agents who help them."""

    destinations: dict[Annotated[str, StringConstraints(pattern=f"^{QUEUE_NAME}$")], DestinationSettings] = Field(
        {}, description="queues that are elsewhere, by the name that flows and lines have for them"
    )
    announce_seconds: float = Field(45.0, ge=10, description="how often a waiting caller hears their place")
    call_back: bool = Field(True, description="whether waiting callers may ask to be called back")
    most_waiting: int = Field(0, ge=0, description="so many wait in a queue already: it is full; 0: never")
    silence: Literal["tones", "always"] = Field(
        "tones",
        description="when an agent does not hear a caller who keys a card: "
        "on lines whose keys are tones, or always",
    )
    skip_code: bool = Field(False, description="whether an agent may take a payment without a security code")
    codes: CodeSettings = CodeSettings()

    def rules(self) -> HelpRules:
        """As the calls know them."""
        return HelpRules(
            destinations={name: each.destination(name) for name, each in self.destinations.items()},
            announce_seconds=self.announce_seconds,
            call_back=self.call_back,
            most_waiting=self.most_waiting,
            skip_code=self.skip_code,
            codes=self.codes.codes(),
        )
