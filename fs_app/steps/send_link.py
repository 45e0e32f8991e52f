"""Send a link for paying in writing."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fs_app.domain.contact import MessageKind
from fs_app.domain.prompt import say
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact, proved
from fs_app.flow.step import Outcome, PhraseName, Says, Step
from fs_app.ports import LinkRequest


class SendLink(Step):
    """Sends a link to the operator's own page to the address that the account has, by SMS or mail, and says so.

    It is for those who take no bank accounts by telephone: Nacha's TEL rule asks for a recorded authorisation.
    What is sent is the setting ``messages.pay_link``, in the text ``link`` of conf/messages.yaml. A call sends one
    link for a bill, however often it comes by here.
    """

    do = "send_link"
    needs = frozenset({Fact.ACCOUNT, Fact.BILLS, Fact.AMOUNT})
    outcomes = {
        "sent": Outcome("it is on its way, and the caller was told where to"),
        "no_address": Outcome("the account has no number and no address; the caller was told"),
        "unavailable": Outcome("the setting `messages.pay_link` is missing; nothing was said"),
    }

    by_sms: Annotated[PhraseName, Says()] = Field("link_sent_sms", description="said where it went by SMS")
    by_mail: Annotated[PhraseName, Says()] = Field("link_sent_mail", description="said where it went by mail")
    no_address: Annotated[PhraseName, Says()] = Field("link_no_address", description="said where it cannot be sent")

    def run(self, call: Call) -> str:
        account = proved(call.facts.account)
        if account.receipt_to is None:
            call.channel.play(say(self.no_address))
            return "no_address"
        request = LinkRequest(
            call_uuid=call.channel.uuid,
            account_id=account.id,
            bill=next(iter(proved(call.facts.bills))),
            amount=proved(call.facts.amount),
            to=account.receipt_to,
            language=call.channel.language,
        )
        if not call.services.links.send(request):
            call.journal.note({"trouble": "send_link: messages.pay_link is not set"})
            return "unavailable"
        call.channel.play(say(self.by_sms if account.receipt_to.kind is MessageKind.SMS else self.by_mail))
        return "sent"
