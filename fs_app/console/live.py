"""What is live in one console process: the one feed, what it looks at, and how a page begins and goes on."""

from __future__ import annotations

from flask import Response, make_response, request

from fs_app.console.access import current_session, current_user
from fs_app.console.feed import Audience, Feed, FeedFull, Snapshot
from fs_app.console.look import Lookout
from fs_app.ports.people import ConsoleSessions

_HEADERS = {
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx holds an answer back until it has some of it, unless it is told
}


class Live:
    """One a process."""

    def __init__(self, lookout: Lookout, sessions: ConsoleSessions) -> None:
        self.lookout = lookout
        self._feed = Feed(lookout, sessions.of)

    def begin(self, page: str, call: int | None = None) -> Snapshot:
        """What a page shows before its script runs. StoreUnavailable."""
        return self.lookout.once(Audience(page, current_user(), call))

    def stream(self, page: str, call: int | None = None) -> Response:
        """The feed of a page, for a browser that stays."""
        audience = Audience(page, current_user(), call)
        try:
            events = self._feed.open(audience, current_session().id, request.headers.get("Last-Event-ID", "")[:64])
        except FeedFull:
            return make_response("", 503, {"Retry-After": "5"})
        return Response(events, 200, _HEADERS, mimetype="text/event-stream")

    def close(self) -> None:
        """End every stream."""
        self._feed.close()
