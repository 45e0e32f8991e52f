"""Change or delete the methods that are saved for the account."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fs_app.domain import fields, keys
from fs_app.domain.card import Expiry
from fs_app.domain.means import MeansKind, SavedMethod
from fs_app.domain.prompt import Digits, Named, Prompt, say
from fs_app.domain.secret import Secret
from fs_app.errors import NotProtected
from fs_app.flow.asking import ASKING, AskingStep, ask
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact, proved
from fs_app.flow.step import Outcome, PhraseName, Says, StepEnds
from fs_app.ports import Changed, Deleted
from fs_app.steps.telling import METHOD_NAMES

_NEXT, _DELETE, _EXPIRY, _POSTAL_CODE = "1", "2", "3", "4"
_YES, _NO = "1", "2"


class ManageMethods(AskingStep):
    """Goes through the saved methods: the caller keeps each as it is, deletes it, or, of a card, changes its expiry
    or its postal code. What is changed or deleted is so at the gateway first. What an agreement charges is not
    deleted: the caller is told to cancel that first."""

    do = "manage_methods"
    needs = frozenset({Fact.ACCOUNT})
    outcomes = {
        "done": Outcome("the caller has been through all of them", forgets=frozenset({Fact.CONSENT})),
        "none": Outcome("nothing is saved for the account; this was said"),
        **ASKING,
    }
    keys = {"1": "the next one", "2": "delete it; then 1 for yes", "3": "a new expiry", "4": "a new postal code"}
    says = AskingStep.says | METHOD_NAMES

    nothing: Annotated[PhraseName, Says()] = Field("no_saved_methods", description="there are none")
    card: Annotated[PhraseName, Says("brand", "digits")] = Field(
        "manage_card", description="offers keys 1 to 4 for a card"
    )
    bank: Annotated[PhraseName, Says("digits")] = Field(
        "manage_bank_account", description="offers keys 1 and 2 for a bank account"
    )
    sure: Annotated[PhraseName, Says()] = Field("delete_method", description="asks before it is deleted")
    expiry: Annotated[PhraseName, Says()] = Field("enter_expiry", description="the question for the expiry")
    expiry_again: Annotated[PhraseName, Says()] = Field("enter_expiry_again", description="more at length")
    expiry_wrong: Annotated[PhraseName, Says()] = Field("expiry_wrong", description="there is no such month")
    expiry_passed: Annotated[PhraseName, Says()] = Field("expiry_passed", description="it is in the past")
    postal_code: Annotated[PhraseName, Says()] = Field("enter_postal_code", description="the question for it")
    postal_code_again: Annotated[PhraseName, Says()] = Field(
        "enter_postal_code_again", description="more at length"
    )
    changed: Annotated[PhraseName, Says()] = Field("method_changed", description="the gateway has it")
    in_use: Annotated[PhraseName, Says()] = Field("method_in_use", description="what is scheduled is charged to it")
    deleted: Annotated[PhraseName, Says()] = Field("method_deleted", description="the gateway has forgotten it")
    failed: Annotated[PhraseName, Says()] = Field("method_not_changed", description="all is as it was")

    def run(self, call: Call) -> str:
        methods = call.services.methods.of_account(proved(call.facts.account).id)
        if not methods:
            call.channel.play(say(self.nothing))
            return "none"
        for method in methods:
            self._manage(call, method)
        return "done"

    def _manage(self, call: Call, method: SavedMethod) -> None:
        """One method, until the caller goes on or it is deleted."""
        deeds = {_DELETE: self._delete, _EXPIRY: self._change_expiry, _POSTAL_CODE: self._change_postal_code}
        card = method.kind is MeansKind.CARD
        question = self._question(method)
        choices = frozenset(_NEXT + _DELETE + (_EXPIRY + _POSTAL_CODE if card else ""))
        while True:
            key = ask(call, keys.menu("method", choices), question, question, tries=self.tries).reveal()
            if key == _NEXT:
                return
            try:
                said = deeds[key](call, method)
            except StepEnds as ends:
                if ends.outcome != "back":
                    raise
                continue
            except NotProtected:
                said = say(self.failed)
            call.channel.play(said)
            if said == say(self.deleted):
                return

    def _question(self, method: SavedMethod) -> Prompt:
        digits = Digits(method.last_four)
        if method.kind is MeansKind.CARD:
            return say(self.card, brand=Named(f"brand_{method.brand}"), digits=digits)
        return say(self.bank, digits=digits)

    def _delete(self, call: Call, method: SavedMethod) -> Prompt:
        if call.services.agreements.using(method.id):
            return say(self.in_use)
        question = say(self.sure)
        if ask(call, keys.menu("sure", _YES + _NO), question, question, tries=self.tries).reveal() != _YES:
            raise StepEnds("back")
        if not isinstance(call.services.vault.delete(method.token), Deleted):
            return say(self.failed)
        call.services.methods.forget(method.id)
        if call.facts.means == method:
            call.facts.forget({Fact.MEANS})
        return say(self.deleted)

    def _change_expiry(self, call: Call, method: SavedMethod) -> Prompt:
        today = call.services.clock.today()

        def wrong(digits: str) -> Prompt | None:
            month = Expiry.parse(digits)
            if month is None:
                return say(self.expiry_wrong)
            return say(self.expiry_passed) if month.passed(today) else None

        question, again = say(self.expiry), say(self.expiry_again)
        with ask(call, fields.expiry(), question, again, tries=self.tries, check=wrong) as expiry:
            return self._change(call, method, expiry=expiry)

    def _change_postal_code(self, call: Call, method: SavedMethod) -> Prompt:
        field = fields.postal_code(call.line.rules.postal_code_length)
        question, again = say(self.postal_code), say(self.postal_code_again)
        with ask(call, field, question, again, tries=self.tries) as code:
            return self._change(call, method, postal_code=code)

    def _change(
        self, call: Call, method: SavedMethod, *, expiry: Secret | None = None, postal_code: Secret | None = None
    ) -> Prompt:
        answer = call.services.vault.change(method.token, expiry=expiry, postal_code=postal_code)
        return say(self.changed if isinstance(answer, Changed) else self.failed)
