"""Find out whose account it is, and prove it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from fs_app.domain.keys import Field as KeyField
from fs_app.domain.prompt import Named, Prompt, say
from fs_app.domain.secret import Secret
from fs_app.flow.asking import ASKING, AskingStep, ask
from fs_app.flow.call import Call
from fs_app.flow.facts import OF_ACCOUNT, Fact, proved
from fs_app.flow.step import Outcome, PhraseName, Said, Says, StepEnds
from fs_app.steps.claiming import (
    KEYED,
    Claim,
    ClaimLink,
    claim_by_caller_id,
    claim_kept,
    claim_keyed,
    claim_last_account,
    drop_claim,
)
from fs_app.steps.proving import ProofLink, all_fit, date_of, field_of

Link = Literal[
    "caller_id",
    "last_account",
    "account_number",
    "bill_number",
    "customer_number",
    "pin",
    "postal_code",
    "birth_date",
]
_CLAIMS, _PROOFS = [link.value for link in ClaimLink], [link.value for link in ProofLink]

# An account of one's own comes with everything that was learnt about another one.
_ANOTHER = OF_ACCOUNT | {Fact.BILLS, Fact.AMOUNT, Fact.MEANS, Fact.CARD, Fact.BANK, Fact.CONSENT}
_NOBODY = _ANOTHER | {Fact.ACCOUNT}


class Identify(AskingStep):
    """Finds out whose account it is, by a chain of links: first who the caller says they are, then the proof.

    The links that claim are tried in turn until one of them gives an account; then each link that proves is asked
    for. A caller ID can be forged and numbers can be guessed: without a proof nothing is told, a number without an
    account and a wrong proof sound the same, and both take as long.

    Mismatches are counted over the whole call, whatever was claimed and apart from typing errors; and for each
    account over all calls (settings: `lockout`). One that is locked stays so until its time has passed.
    """

    do = "identify"
    outcomes = {
        "identified": Outcome("it is the holder of the account", frozenset({Fact.ACCOUNT}), _ANOTHER),
        "closed": Outcome(
            "it is the holder of the account, but the account is closed", frozenset({Fact.ACCOUNT}), _ANOTHER
        ),
        "not_found": Outcome(
            "nothing is known of the caller's number; only where the chain asks for none", forgets=_NOBODY
        ),
        "locked": Outcome("too many wrong proofs of this account lately; this was said", forgets=_NOBODY),
        "too_many_mismatches": Outcome("the last mismatch that is allowed in a call", forgets=_NOBODY),
        **ASKING,
    }
    keys = {
        "digits, then #": "an account, bill or customer number; their lengths are in the settings",
        "digits": "the PIN, the postal code or the date of birth; their lengths are in the settings",
        "*": "clears what was typed; on an empty answer, claims another account or goes one question back",
        "1, 2": "at the last account: use it, use another",
    }

    identify: tuple[Link, ...] = Field(
        min_length=2,
        description="the chain: " + ", ".join(f"`{link}`" for link in _CLAIMS) + " claim; "
        + ", ".join(f"`{link}`" for link in _PROOFS) + " prove",
    )  # fmt: skip
    mismatches: int = Field(3, ge=1, le=9, description="so many mismatches are allowed in one call")
    caller_id: Annotated[PhraseName, Says()] = Field("number_recognized", description="an account has this number")
    last_account: Annotated[PhraseName, Says()] = Field("offer_last_account", description="offers keys 1 and 2")
    account_number: Annotated[PhraseName, Says()] = Field("enter_account_number", description="the question")
    account_number_again: Annotated[PhraseName, Says()] = Field(
        "enter_account_number_again", description="from the second try on, at more length"
    )
    bill_number: Annotated[PhraseName, Says()] = Field("enter_bill_number", description="the question")
    bill_number_again: Annotated[PhraseName, Says()] = Field(
        "enter_bill_number_again", description="at more length"
    )
    customer_number: Annotated[PhraseName, Says()] = Field("enter_customer_number", description="the question")
    customer_number_again: Annotated[PhraseName, Says()] = Field(
        "enter_customer_number_again", description="at more length"
    )
    pin: Annotated[PhraseName, Says()] = Field("enter_pin", description="the question")
    pin_again: Annotated[PhraseName, Says()] = Field("enter_pin_again", description="at more length")
    postal_code: Annotated[PhraseName, Says()] = Field("enter_account_postal_code", description="the question")
    postal_code_again: Annotated[PhraseName, Says()] = Field(
        "enter_account_postal_code_again", description="at more length"
    )
    birth_date: Annotated[PhraseName, Says("order")] = Field(
        "enter_birth_date", description="the question; {order} tells which digits come first"
    )
    birth_date_again: Annotated[PhraseName, Says("order")] = Field(
        "enter_birth_date_again", description="at more length"
    )
    birth_date_wrong: Annotated[PhraseName, Says()] = Field("birth_date_wrong", description="there is no such day")
    no_match: Annotated[PhraseName, Says()] = Field("no_match", description="said after a mismatch")
    locked: Annotated[PhraseName, Says()] = Field("account_locked", description="said where it is locked")

    @field_validator("identify", mode="after")
    @classmethod
    def _claims_then_proofs(cls, value: tuple[Link, ...]) -> tuple[Link, ...]:
        for number, link in enumerate(value):
            if link in value[:number]:
                raise ValueError(f"{link} stands here twice")
            if link in _CLAIMS and any(earlier in _PROOFS for earlier in value[:number]):
                raise ValueError(f"what claims comes before what proves: put {link} before {value[number - 1]}")
        if value[-1] not in _PROOFS:
            raise ValueError(
                f"this proves nothing: a caller ID can be forged and numbers can be guessed; "
                f"end with {', '.join(_PROOFS[:-1])} or {_PROOFS[-1]}"
            )
        if value[0] not in _CLAIMS:
            raise ValueError(f"{value[0]} of which account? begin with {', '.join(_CLAIMS[:-1])} or {_CLAIMS[-1]}")
        return value

    def all_outcomes(self) -> Mapping[str, Outcome]:
        if self._keyed() is None:
            return self.outcomes
        return {name: outcome for name, outcome in self.outcomes.items() if name != "not_found"}

    def phrases(self) -> Iterator[Said]:
        left_out = {*_CLAIMS, *_PROOFS} - set(self.identify)
        for said in super().phrases():
            if said.key.removesuffix("_again").removesuffix("_wrong") not in left_out:
                yield said
        if ProofLink.BIRTH_DATE in self.identify:
            yield from (Said("birth_date", f"birth_date_{order}", frozenset()) for order in ("dmy", "mdy", "ymd"))

    def run(self, call: Call) -> str:
        place, claim = self._kept(call)
        while True:
            if claim is None:
                place, claim = self._claim(call, place)
            if claim is None:
                return "not_found"
            call.claimed = claim.account.number if claim.account is not None else ""
            if call.services.proofs.locked(claim.subject, call.line.rules.lockout):
                return self._says_locked(call)
            try:
                outcome = self._prove(call, claim)
            except StepEnds as ends:
                if ends.outcome != "back":
                    raise
                place, claim = self._before(place), None
            else:
                if outcome is not None:
                    return outcome
                place, claim = self._keyed() or 0, None
            drop_claim(call)

    # --- who the caller says they are ------------------------------------------------------------------------

    def _claims(self) -> list[ClaimLink]:
        return [ClaimLink(link) for link in self.identify if link in _CLAIMS]

    def _keyed(self) -> int | None:
        return next((place for place, link in enumerate(self._claims()) if link in KEYED), None)

    def _kept(self, call: Call) -> tuple[int, Claim | None]:
        """Where to begin: with what was keyed at a server that is gone, or with the first link."""
        kept = claim_kept(call)
        if kept is None or kept[0] not in self._claims():
            return 0, None
        return self._claims().index(kept[0]), kept[1]

    def _claim(self, call: Call, place: int) -> tuple[int, Claim | None]:
        """The first claim from that link on, and where it was made. A question that is not answered leads to the
        next link, too; StepEnds where none is left."""
        unanswered: StepEnds | None = None
        for here, link in list(enumerate(self._claims()))[place:]:
            try:
                claim = self._claim_by(call, link)
            except StepEnds as ends:
                if ends.outcome != "gave_up":
                    raise
                unanswered = ends
            else:
                if claim is not None:
                    return here, claim
        if unanswered is not None or self._keyed() is not None:
            raise unanswered or StepEnds("gave_up")
        return 0, None

    def _claim_by(self, call: Call, link: ClaimLink) -> Claim | None:
        if link is ClaimLink.CALLER_ID:
            return claim_by_caller_id(call, self.caller_id)
        if link is ClaimLink.LAST_ACCOUNT:
            return claim_last_account(call, self.last_account, self.tries)
        question, again = self._questions(link)
        return claim_keyed(call, link, question, again, self.tries)

    def _before(self, place: int) -> int:
        """Where ``*`` leads at the first proof: to the number that was keyed; past an account that was not asked
        for; or, where that was the last link, out of here."""
        claims = self._claims()
        if claims[place] in KEYED:
            return place
        if place + 1 == len(claims):
            raise StepEnds("back")
        return place + 1

    # --- the proof -------------------------------------------------------------------------------------------

    def _prove(self, call: Call, claim: Claim) -> str | None:
        """Ask for every proof, then compare. None after a mismatch that is not the last."""
        proofs, lockout = call.services.proofs, call.line.rules.lockout
        with ExitStack() as secrets:
            keyed = self._keyed_proofs(call, secrets)
            if not proofs.tried(claim.subject, lockout):
                return self._says_locked(call)
            answers = [(link, secret.reveal()) for link, secret in keyed]
            right = all_fit(call.services.directory, claim.account, answers, call.line.rules)
        if right:
            proofs.right(claim.subject)
            return self._is_holder(call, claim)
        call.counts["mismatches"] += 1
        call.within.clear()
        call.keep()
        call.channel.forget_keys()
        call.channel.play(say(self.no_match))
        return "too_many_mismatches" if call.counts["mismatches"] >= self.mismatches else None

    def _keyed_proofs(self, call: Call, secrets: ExitStack) -> list[tuple[ProofLink, Secret]]:
        """What the caller keyed; ``*`` asks for the proof before again. StepEnds as `ask`."""
        links = [ProofLink(link) for link in self.identify if link in _PROOFS]
        keyed: list[tuple[ProofLink, Secret]] = []
        while len(keyed) < len(links):
            link = links[len(keyed)]
            try:
                secret = secrets.enter_context(self._ask_proof(call, link, field_of(link, call.line.rules)))
            except StepEnds as ends:
                if ends.outcome != "back" or not keyed:
                    raise
                keyed.pop()[1].wipe()
            else:
                keyed.append((link, secret))
        return keyed

    def _ask_proof(self, call: Call, link: ProofLink, field: KeyField) -> Secret:
        if link is not ProofLink.BIRTH_DATE:
            return ask(call, field, *self._questions(link), tries=self.tries)
        order = call.line.rules.birth_date_order

        def no_such_day(digits: str) -> Prompt | None:
            return None if date_of(digits, order) is not None else say(self.birth_date_wrong)

        questions = self._questions(link, order=Named(f"birth_date_{order}"))
        return ask(call, field, *questions, tries=self.tries, check=no_such_day)

    def _questions(self, link: str, **values: Any) -> tuple[Prompt, Prompt]:
        return say(getattr(self, link), **values), say(getattr(self, f"{link}_again"), **values)

    def _is_holder(self, call: Call, claim: Claim) -> str:
        account = call.facts.account = proved(claim.account)
        if account.closed:
            return "closed"
        language = call.channel.language
        call.services.callers.remember(call.caller_id, language=language, account_number=account.number)
        return "identified"

    def _says_locked(self, call: Call) -> str:
        call.channel.forget_keys()
        call.channel.play(say(self.locked))
        return "locked"
