"""The supervisor's page: calls, queues and agents as they are now, a word to an agent, and listening in."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, url_for

from fs_app.console.access import RIGHTS, Right, Role, audit, current_user, page
from fs_app.console.floor import is_secret, may_be_heard
from fs_app.console.forms import Answer, answered, done, field, refused
from fs_app.console.look import FLOOR
from fs_app.console.parts import ConsoleParts
from fs_app.domain.handover import HandoverState
from fs_app.ports.listening import ListenAnswer
from fs_app.ports.people import User

SUPERVISORS = RIGHTS[Right.WATCH_CALLS]
PARTS = ("health", "live", "queues", "agents")
_LONGEST = 500


def floor_pages(parts: ConsoleParts) -> Blueprint:
    """The blueprint."""
    pages = Blueprint("floor", __name__)
    views = FloorPages(parts)
    page(pages, "/floor", roles=SUPERVISORS)(views.home)
    page(pages, "/floor/feed", roles=SUPERVISORS)(views.feed)
    page(pages, "/floor/listen", roles=RIGHTS[Right.LISTEN_IN], methods=("POST",), action="listen_in")(views.listen)
    page(pages, "/floor/message", roles=RIGHTS[Right.MESSAGE_AGENTS], methods=("POST",), action="message_agent")(
        views.message
    )
    return pages


class FloorPages:
    """The views."""

    def __init__(self, parts: ConsoleParts) -> None:
        self._parts = parts

    def home(self) -> str:
        """Everything at once."""
        state = self._parts.live.begin(FLOOR)
        return render_template("floor.html", state=state, feed=url_for("floor.feed"), parts=" ".join(PARTS))

    def feed(self) -> Response:
        """Its live state."""
        return self._parts.live.stream(FLOOR)

    def listen(self) -> Response:
        """Ring the supervisor's own telephone, which then hears the talk."""
        call_uuid = field("call", 64)
        audit(subject=call_uuid)
        return answered(self._heard(call_uuid), url_for("floor.home"))

    def message(self) -> Response:
        """Tell an agent something, about a call or not."""
        name, call_uuid = field("to", 129), field("call", 64)
        audit(subject=call_uuid or name, detail=f"to={name}")
        return answered(self._told(name, call_uuid, field("text", _LONGEST)), url_for("floor.home"))

    def _heard(self, call_uuid: str) -> Answer:
        agent = current_user().agent
        if not agent:
            return refused("listen.no_name", status=409)
        talk = next(iter(reversed(self._parts.desk_view.handovers_of(call_uuid))), None)
        if talk is None or talk.state is not HandoverState.TALKING:
            return refused("listen.no_talk", status=409)
        if not self._may_be_heard(call_uuid):
            return refused("floor.blocked", status=409)
        answer = self._parts.listening.begin(call_uuid, talk.leg, agent, lambda: self._may_be_heard(call_uuid))
        audit(detail=f"agent={talk.agent}", result=answer.value)
        if answer is ListenAnswer.RINGS:
            return done("listen.rings")
        return refused(f"listen.{answer}", status=409)

    def _may_be_heard(self, call_uuid: str) -> bool:
        """As it is now; StoreUnavailable."""
        desk = self._parts.desk_view
        talk = next(iter(reversed(desk.handovers_of(call_uuid))), None)
        assists = [each.view for each in desk.assists_of([call_uuid])]
        return may_be_heard(talk, is_secret(desk.live_call(call_uuid), assists))

    def _told(self, name: str, call_uuid: str, text: str) -> Answer:
        to = self._person(name)
        if to is None:
            return refused("message.nobody", "to", status=404)
        if not text:
            return refused("message.empty", "text")
        self._parts.desk_messages.send(to.name, current_user().name, text, call_uuid)
        return done("message.told", name=to.full_name or to.name)

    def _person(self, name: str) -> User | None:
        """Who has that name in the queues, or signs in with it, and takes calls."""
        users = self._parts.people.users
        user = users.by_agent(name) or users.by_name(name)
        return user if user is not None and Role.AGENT in user.roles and not user.disabled else None
