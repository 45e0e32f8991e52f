"""Have the caller authorise a debit of their bank account, in their own words."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from fs_app.domain import keys
from fs_app.domain.bank_account import BankAccount
from fs_app.domain.prompt import Digits, Prompt, say
from fs_app.errors import NotProtected, SwitchError
from fs_app.flow.asking import ASKING, AskingStep, ask, ask_aloud
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact, proved
from fs_app.flow.step import Outcome, PhraseName, Says
from fs_app.ports import Consent, ConsentKind, Recorded

_AGREED, _NOT = "1", "2"
_WITHDRAWN = frozenset({Fact.MANDATE})
_BANK = frozenset({Fact.BANK})


class AuthoriseDebit(AskingStep):
    """Reads the whole authorisation out, records the caller's spoken yes, and has it confirmed with a key. A card
    needs none, and passes.

    It says who debits, how much, from which account, on which day, that it is a single payment, how to ask or to
    revoke it, and the date of the authorisation (Nacha Operating Rules 2.3.2.2 and 2.5.15, TEL entries). Only that
    sentence is recorded: no digits but those that were read out are in it. Recording, text, version and time are
    kept for two years; without a recording there is no debit.
    """

    do = "authorise_debit"
    needs = frozenset({Fact.ACCOUNT, Fact.MEANS, Fact.CONSENT})
    outcomes = {
        "authorised": Outcome(
            "the caller said yes, and it is recorded", teaches=frozenset({Fact.MANDATE}), only_with=_BANK
        ),
        "not_needed": Outcome("it is no bank account that is paid with; nothing was said", never_with=_BANK),
        "refused": Outcome("the caller did not authorise it", forgets=_WITHDRAWN, only_with=_BANK),
        "unavailable": Outcome(
            "the switch cannot record: no debit is possible", forgets=_WITHDRAWN, only_with=_BANK
        ),
        **ASKING,
    }
    says = AskingStep.says | {"no_voice_heard"}
    keys = {"a spoken yes": "the authorisation", "1": "after it: debit my account", "2": "after it: do not"}

    say: Annotated[PhraseName, Says("amount", "digits", "date", "today", "phone")] = Field(
        "debit_authorisation", description="the whole text; {digits} are the account's last four"
    )
    question: Annotated[PhraseName, Says()] = Field("say_yes", description="asks for the spoken yes")
    confirm: Annotated[PhraseName, Says()] = Field("confirm_authorisation", description="offers keys 1 and 2")
    unavailable: Annotated[PhraseName, Says()] = Field(
        "bank_accounts_unavailable", description="said where the switch cannot record"
    )
    phone: Annotated[str, StringConstraints(pattern=r"^[0-9]{3,15}$")] = Field(
        description="the number to ask or to revoke at, digits only; it is read out"
    )
    seconds: float = Field(5.0, ge=2.0, le=15.0, description="the spoken yes may take so long")
    version: str = Field("1", description="of the text, kept with the consent; change it with the text")

    def run(self, call: Call) -> str:
        if not call.facts.from_bank:
            return "not_needed"
        text = self._text(call)
        try:
            recorded = self._recorded(call, text)
        except (SwitchError, NotProtected) as error:
            call.journal.note({"trouble": f"authorise_debit: {type(error).__name__}"})
            call.channel.play(say(self.unavailable))
            return "unavailable"
        kept = False
        try:
            if self._confirmed(call):
                self._keep(call, text, recorded)
                kept = True
        finally:
            if not kept and recorded.path is not None:
                recorded.path.unlink(missing_ok=True)  # a voice that authorised nothing
        return "authorised" if kept else "refused"

    def _text(self, call: Call) -> Prompt:
        quote, means = proved(call.facts.consent), call.facts.paying_with()
        today = call.services.clock.today()
        return say(
            self.say,
            amount=quote.total,
            digits=Digits(means.last_four),
            date=today,
            today=today,
            phone=Digits(self.phone),
        )

    def _recorded(self, call: Call, text: Prompt) -> Recorded:
        """The spoken yes. StepEnds as `ask`; SwitchError where the switch cannot record."""
        question = say(self.question)
        return ask_aloud(call, text + question, question, seconds=self.seconds, tries=self.tries)

    def _confirmed(self, call: Call) -> bool:
        question = say(self.confirm)
        menu = keys.menu("authorisation", _AGREED + _NOT)
        return ask(call, menu, question, question, tries=self.tries).reveal() == _AGREED

    def _keep(self, call: Call, text: Prompt, recorded: Recorded) -> None:
        words, means = call.channel.words(text), call.facts.paying_with()
        consent = Consent(
            kind=ConsentKind.BANK_DEBIT,
            account_id=proved(call.facts.account).id,
            call_uuid=call.channel.uuid,
            language=call.channel.language,
            version=self.version,
            text=words,
            recording=None if recorded.path is None else recorded.path.name,
        )
        call.facts.mandate = call.services.consents.keep(consent)
        if isinstance(means, BankAccount):
            means.mandate = words
