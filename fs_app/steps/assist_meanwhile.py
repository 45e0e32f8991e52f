"""What happens in the talk while an assisted payment is taken: the agent's orders, transfers, lost protection.

Nothing is asked while the caller talks with nobody, or is on hold and hears music, nor before what keeps the keys
private is proved again.
"""

from __future__ import annotations

from typing import NoReturn

from fs_app.domain.assist import AssistState
from fs_app.domain.destination import FeatureCode
from fs_app.domain.prompt import say
from fs_app.flow.call import Call
from fs_app.ports import Coded, Held, Joined, Leaving, Order, Ordered, OrderKind, Over, Parted, Person, PersonEvent
from fs_app.steps.assist_board import AssistBoard

TRANSFER, ON_HOLD = "transfer", "hold"
"""Why a payment is paused, besides what `NotProtected` tells."""

OF_A_PAYMENT = frozenset({OrderKind.CLEAR, OrderKind.BACK, OrderKind.SKIP_CODE, OrderKind.CANCEL})
"""The orders for a payment that is under way."""

_PAUSE_SECONDS = 3.0  # between two proofs, while one fails


class Stopped(Exception):
    """The agent or the caller stopped it, or it cannot go on; ``why`` is a word of a closed set."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Reproved(Exception):
    """The caller talks with another leg, or talks again: what was proved has to be proved again."""


class Meanwhile:
    """The events of one talk, as far as they concern the payment. ``over`` is what ended the talk; ``handover_id``
    is 0 where the hand-over was not written down."""

    def __init__(self, call: Call, person: Person, board: AssistBoard, handover_id: int) -> None:
        self._call = call
        self._person = person
        self._board = board
        self._handover_id = handover_id
        self.over: Over | None = None
        self.wants_back = False
        """The agent asked for the field before while nothing was asked."""

    def interrupted(self) -> str:
        """A question was: ``back`` where the one before it is wanted, else ``asked_again``. Stopped; Reproved."""
        self._call.channel.forget_keys()  # they belong to a question that is asked anew
        return self._act(self._person.next(0.0))

    def pause(self, why: str) -> None:
        """Protection was lost: no key counts until it is proved again. Stopped; Reproved."""
        paused_already = self._board.state is AssistState.PAUSED
        self._board.now(AssistState.PAUSED, why)
        if not paused_already:
            self._say("assist_paused")
        self._act_later(self._person.next(_PAUSE_SECONDS))

    def wait_for_talk(self, why: str) -> NoReturn:
        """The caller is on hold, or a transfer is under way, or the talk is over: nothing is asked until that is
        known. Stopped; Reproved."""
        self._board.now(AssistState.PAUSED, why)
        while True:
            match event := self._person.next(_PAUSE_SECONDS):
                case Parted():
                    self._board.now(AssistState.PAUSED, TRANSFER)
                case Held(on=True):
                    pass
                case _:
                    self._act_later(event)

    def _act_later(self, event: PersonEvent | None) -> None:
        """The same where no question is under way."""
        if self._act(event) == "back":
            self.wants_back = True

    def _act(self, event: PersonEvent | None) -> str:
        match event:
            case Ordered():
                return self._obey(event.order)
            case Coded(code=FeatureCode.CANCEL):
                raise Stopped("agent")
            case Parted():
                self.wait_for_talk(TRANSFER)
            case Held(on=True):
                self.wait_for_talk(ON_HOLD)
            case Held(on=False):
                raise Reproved
            case Joined():
                self._join(event.leg)
            case Leaving():
                raise Stopped("leaving")
            case Over():
                self.over = event
                raise Stopped("talk_over")
            case _:
                pass
        return "asked_again"

    def _obey(self, order: Order) -> str:
        if order.kind is OrderKind.CANCEL:
            self._call.services.desk.answer(order.id, "done")
            raise Stopped("agent")
        if order.kind is OrderKind.SKIP_CODE and not self._call.line.help.skip_code:
            self._call.services.desk.answer(order.id, "not_allowed")
            return "asked_again"
        if order.kind not in OF_A_PAYMENT:
            self._call.services.desk.answer(order.id, "payment_under_way")
            return "asked_again"
        self._call.services.desk.answer(order.id, "done")
        if order.kind is OrderKind.SKIP_CODE:
            self._board.skip_code()
            self._say("assist_code_skipped")
        return "back" if order.kind is OrderKind.BACK else "asked_again"

    def _join(self, leg: str) -> NoReturn:
        """Another leg: whoever it is finds the caller and the payment on their page."""
        if self._handover_id:
            self._call.services.desk.talking(self._handover_id, "", leg)
        raise Reproved

    def _say(self, phrase: str) -> None:
        self._call.channel.play(say(phrase), interruptible=False)
