"""Read the terms of an agreement out, and make it by consent."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from fs_app.domain import keys
from fs_app.domain.agreement import Agreement, AgreementRequest
from fs_app.domain.card import BRANDS
from fs_app.domain.keys import Verdict
from fs_app.domain.means import MeansKind, SavedMethod
from fs_app.domain.prompt import SILENCE, Digits, Prompt, say
from fs_app.errors import NotProtected, SwitchError
from fs_app.flow.asking import ASKING, AskingStep, ask, ask_aloud
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact, proved
from fs_app.flow.step import NO_FACTS, Outcome, PhraseName, Says
from fs_app.ports import Consent, ConsentKind
from fs_app.steps.periods import PERIOD_NAMES
from fs_app.steps.telling import tell_again
from fs_app.steps.terms import TermsTelling

_AGREED = "agreed"
_CHOICES = {"1": _AGREED, "2": "change_terms", "3": "change_means", "4": "refused"}
_MEANS = frozenset({Fact.MEANS, Fact.CARD, Fact.BANK, Fact.MANDATE, Fact.CONSENT})
_KEYED, _BANK = frozenset({Fact.CARD}), frozenset({Fact.BANK})
_DONE = _MEANS | {Fact.TERMS, Fact.BILLS, Fact.AMOUNT}


class ConfirmAgreement(TermsTelling, AskingStep):
    """Reads all the terms out (amounts, dates, what is charged, how to cancel) and makes the agreement by consent
    with one key. Text, version, time, language and call are kept before anything is agreed to.

    What is charged is a method that is saved. A bank account needs the caller's spoken yes besides, recorded, and
    an address that the written copy goes to (Regulation E, 12 CFR 1005.10(b)); without `bank: yes` it is refused. A
    call that goes on at another server makes no second agreement. The number can be heard again.
    """

    do = "confirm_agreement"
    needs = frozenset({Fact.ACCOUNT, Fact.TERMS, Fact.MEANS})
    outcomes = {
        _AGREED: Outcome("it is agreed, and the caller was told its number", forgets=_DONE),
        "change_terms": Outcome("the caller wants other terms", forgets=frozenset({Fact.TERMS})),
        "change_means": Outcome("something else is to be charged", forgets=_MEANS),
        "refused": Outcome("the caller does not agree; this was said", forgets=_DONE),
        "not_saved": Outcome(
            "the card is not saved: it cannot be charged later; this was said",
            NO_FACTS,
            _MEANS,
            frozenset({Fact.CARD}),
        ),
        "no_bank": Outcome(
            "a bank account cannot be debited by agreement here; this was said",
            NO_FACTS,
            _MEANS,
            frozenset({Fact.BANK}),
        ),
        **ASKING,
    }
    keys = {
        "1": "agree; after it: hear the number again",
        "2": "other terms",
        "3": "another card or account",
        "4": "do not agree",
        "a spoken yes": "before the key, for a bank account",
    }
    says = AskingStep.says | PERIOD_NAMES | {f"brand_{brand.name}" for brand in BRANDS} | {"no_voice_heard"}

    question: Annotated[PhraseName, Says()] = Field("confirm_agreement", description="offers keys 1 to 4")
    say_yes: Annotated[PhraseName, Says()] = Field("say_yes", description="asks for the spoken yes")
    made: Annotated[PhraseName, Says("digits")] = Field("agreement_made", description="{digits} is its number")
    copied: Annotated[PhraseName, Says()] = Field("agreement_copy", description="the terms are sent in writing")
    hear_again: Annotated[PhraseName, Says()] = Field("hear_it_again", description="offers key 1")
    not_agreed: Annotated[PhraseName, Says()] = Field("agreement_refused", description="nothing is agreed")
    unsaved: Annotated[PhraseName, Says()] = Field("agreement_needs_saved", description="the card is not saved")
    not_by_bank: Annotated[PhraseName, Says()] = Field("agreement_no_bank", description="not from a bank account")
    bank: bool = Field(False, description="whether bank accounts are debited by agreement")
    seconds: float = Field(5.0, ge=2.0, le=15.0, description="the spoken yes may take so long")
    version: str = Field("1", description="of the text, kept with the consent; change it with the text")

    def run(self, call: Call) -> str:
        means = call.facts.paying_with()
        from_bank = means.kind is MeansKind.BANK
        if from_bank and not (self.bank and self._address(call) and isinstance(means, SavedMethod)):
            return self._said(call, self.not_by_bank, "no_bank")
        if not isinstance(means, SavedMethod):
            return self._said(call, self.unsaved, "not_saved")
        agreement = self._made_before(call, means)
        if agreement is not None:
            return self._tell(call, agreement)
        text, recording = self.terms_told(proved(call.facts.terms), means), None
        if from_bank:
            try:
                recording = self._spoken(call, text)
            except (SwitchError, NotProtected) as error:
                call.journal.note({"trouble": f"confirm_agreement: {type(error).__name__}"})
                return self._said(call, self.not_by_bank, "no_bank")
        outcome = ""
        try:
            outcome = _CHOICES[self._answer(call, SILENCE if from_bank else text)]
        finally:
            if outcome != _AGREED and recording is not None:
                recording.unlink(missing_ok=True)  # a voice that agreed to nothing
        if outcome != _AGREED:
            return self._said(call, self.not_agreed, outcome) if outcome == "refused" else outcome
        return self._tell(call, call.services.agreements.open(self._request(call, means, text, recording)))

    def _said(self, call: Call, phrase: str, outcome: str) -> str:
        call.channel.play(say(phrase))
        return outcome

    def _address(self, call: Call) -> bool:
        return proved(call.facts.account).receipt_to is not None

    def _made_before(self, call: Call, means: SavedMethod) -> Agreement | None:
        """The agreement that this call has made already, at a server that is gone: the store knows. A caller does
        not agree to the same terms twice in one call."""
        account, proposal = proved(call.facts.account), proved(call.facts.terms)
        for each in call.services.agreements.of_account(account.id):
            made = each.request
            terms = (made.kind, made.terms, made.targets, made.method_id)
            if made.call_uuid == call.channel.uuid and terms == (
                proposal.kind, proposal.terms, proposal.targets, means.id
            ):  # fmt: skip
                return each
        return None

    def _spoken(self, call: Call, text: Prompt) -> Path | None:
        """The caller's yes in their own words. StepEnds as `ask`; SwitchError where the switch cannot record."""
        question = say(self.say_yes)
        return ask_aloud(call, text + question, question, seconds=self.seconds, tries=self.tries).path

    def _answer(self, call: Call, text: Prompt) -> str:
        question = text + say(self.question)
        menu = keys.menu("agreement", frozenset(_CHOICES))
        return ask(call, menu, question, question, tries=self.tries).reveal()

    def _request(self, call: Call, means: SavedMethod, text: Prompt, recording: Path | None) -> AgreementRequest:
        """What was agreed to, with the consent that is kept now."""
        account, proposal = proved(call.facts.account), proved(call.facts.terms)
        consent = Consent(
            kind=ConsentKind.SCHEDULE,
            account_id=account.id,
            call_uuid=call.channel.uuid,
            language=call.channel.language,
            version=self.version,
            text=call.channel.words(text),
            recording=None if recording is None else recording.name,
        )
        return AgreementRequest(
            kind=proposal.kind,
            account_id=account.id,
            account_number=account.number,
            call_uuid=call.channel.uuid,
            consent_id=call.services.consents.keep(consent),
            method_id=means.id,
            terms=proposal.terms,
            planned=proposal.planned,
            targets=proposal.targets,
            told=proposal.told,
            language=call.channel.language,
            receipt_to=account.receipt_to,
        )

    def _tell(self, call: Call, agreement: Agreement) -> str:
        made = say(self.made, digits=Digits(agreement.number))
        if agreement.request.receipt_to is not None:
            made += say(self.copied)
        return "agent" if tell_again(call, made, say(self.hear_again)) is Verdict.AGENT else _AGREED
