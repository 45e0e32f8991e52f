"""``/l/<token>``: a link to pay that was sent through us, so that whoever sent it sees it opened.

It leads to the page that was stored when it was sent, and to no other. Whoever only looks (HEAD, the programs of
messengers that show what is behind a link, a browser that loads it beforehand) is led there and not counted.
"""

from __future__ import annotations

import structlog
from crawleruseragents import is_crawler
from flask import Blueprint, Request, Response, request

from fs_app.errors import StoreUnavailable
from fs_app.ports import LinkTargets

_log = structlog.get_logger(__name__)

_LONGEST_NAME = 512  # of a program; patterns are not tried on more
_BEFOREHAND = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}


def links(targets: LinkTargets) -> Blueprint:
    """The pages behind links."""
    pages = Blueprint("links", __name__)

    @pages.get("/l/<token>")
    def link(token: str) -> Response:
        """Lead on to the operator's page."""
        try:
            target = targets.follow(token, person=_is_person(request))
        except StoreUnavailable as error:
            _log.error("link_not_followed", error=str(error))
            return _text("Please try again in a minute.", 503)
        if target is None:
            return _text("This link is not known.", 404)
        return Response("", 302, headers={**_HEADERS, "Location": target})

    return pages


def _is_person(asked: Request) -> bool:
    """As far as a program tells itself from a person's browser."""
    name = asked.headers.get("User-Agent", "")[:_LONGEST_NAME]
    beforehand = any(
        word in asked.headers.get(header, "").lower() for header in _BEFOREHAND for word in ("prefetch", "preview")
    )
    return asked.method == "GET" and bool(name) and not beforehand and not is_crawler(name)


def _text(words: str, status: int) -> Response:
    return Response(words, status, headers=_HEADERS, mimetype="text/plain")
