"""Calling back: who takes it, and how it went."""

from __future__ import annotations

from flask import Blueprint, Response, url_for

from fs_app.console.access import RIGHTS, Right, audit, current_user, page
from fs_app.console.forms import answered, done, field, refused
from fs_app.console.parts import ConsoleParts

CALLERS_BACK = RIGHTS[Right.TAKE_CALLS]


def register(pages: Blueprint, parts: ConsoleParts) -> None:
    """Add these views."""
    views = CallbackPages(parts)
    here, post = "/agent/callbacks/<int:callback_id>", ("POST",)
    page(pages, f"{here}/take", roles=CALLERS_BACK, methods=post, action="take_callback")(views.take)
    page(pages, f"{here}/leave", roles=CALLERS_BACK, methods=post, action="return_callback")(views.leave)
    page(pages, f"{here}/close", roles=CALLERS_BACK, methods=post, action="close_callback")(views.close)


class CallbackPages:
    """The views."""

    def __init__(self, parts: ConsoleParts) -> None:
        self._desk = parts.desk_view

    def take(self, callback_id: int) -> Response:
        """I call them."""
        _about(callback_id)
        return _told(self._desk.take_callback(callback_id, current_user().name), "callback.taken")

    def leave(self, callback_id: int) -> Response:
        """Somebody else may."""
        _about(callback_id)
        return _told(self._desk.return_callback(callback_id, current_user().name), "callback.returned")

    def close(self, callback_id: int) -> Response:
        """It is done, or nobody is to be called any more. Only who took it says so."""
        _about(callback_id)
        end, user = field("end"), current_user()
        record = self._desk.callback(callback_id)
        if end not in ("done", "given_up") or record is None or record.taken_by != user.name:
            return _told(False, "callback.closed")
        audit(detail=end)
        closed = self._desk.close_callback(callback_id, user.name, done=end == "done", note=field("note", 500))
        return _told(closed, "callback.closed")


def _about(callback_id: int) -> None:
    audit(subject=f"callback {callback_id}")


def _told(changed: bool, key: str) -> Response:
    answer = done(key) if changed else refused("callback.too_late", status=409)
    return answered(answer, url_for("agent.home"))
