"""The supervisor's page: calls, queues and agents as they are now, and a word to an agent."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, url_for

from fs_app.console.access import Role, audit, current_user, page
from fs_app.console.forms import Answer, answered, done, field, refused
from fs_app.console.look import FLOOR
from fs_app.console.parts import ConsoleParts
from fs_app.ports.people import User

SUPERVISORS = {Role.SUPERVISOR}
PARTS = ("health", "live", "queues", "agents")
_LONGEST = 500


def floor_pages(parts: ConsoleParts) -> Blueprint:
    """The blueprint."""
    pages = Blueprint("floor", __name__)
    views = FloorPages(parts)
    page(pages, "/floor", roles=SUPERVISORS)(views.home)
    page(pages, "/floor/feed", roles=SUPERVISORS)(views.feed)
    page(pages, "/floor/message", roles=SUPERVISORS, methods=("POST",), action="message_agent")(views.message)
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

    def message(self) -> Response:
        """Tell an agent something, about a call or not."""
        name, call_uuid = field("to", 129), field("call", 64)
        audit(subject=call_uuid or name, detail=f"to={name}")
        return answered(self._told(name, call_uuid, field("text", _LONGEST)), url_for("floor.home"))

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
