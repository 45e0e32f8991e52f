"""The blueprints of the console. A new one is one line here."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import Blueprint, Response, make_response, redirect, url_for

from fs_app.console import agent_customers, agent_orders, agent_pages, callback_pages
from fs_app.console.access import RIGHTS, Right, may, page
from fs_app.console.admin_pages import admin_pages
from fs_app.console.finance_pages import finance_pages
from fs_app.console.floor_pages import floor_pages
from fs_app.console.parts import ConsoleParts

_FIRST = (
    (Right.TAKE_CALLS, "agent.home"),
    (Right.WATCH_CALLS, "floor.home"),
    (Right.SEE_PAYMENTS, "finance.payments"),
    (Right.MANAGE_PEOPLE, "admin.people"),
)
"""Where somebody begins, by the first right of theirs."""


def agent_blueprint(parts: ConsoleParts) -> Blueprint:
    """Everything of an agent's."""
    pages = Blueprint("agent", __name__)
    for each in (agent_pages, agent_orders, agent_customers, callback_pages):
        each.register(pages, parts)
    return pages


def home_pages(_: ConsoleParts) -> Blueprint:
    """``/`` leads to where somebody works."""
    pages = Blueprint("home", __name__)

    @page(pages, "/", roles=RIGHTS[Right.OWN_ACCOUNT])
    def start() -> Response:
        where = next((endpoint for right, endpoint in _FIRST if may(right)), "account.show")
        return make_response(redirect(url_for(where)))

    return pages


BLUEPRINTS: Sequence[Callable[[ConsoleParts], Blueprint]] = (
    home_pages,
    agent_blueprint,
    floor_pages,
    finance_pages,
    admin_pages,
)
"""Each makes its blueprint from the parts; its routes are registered with `access.page`."""
