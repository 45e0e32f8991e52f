"""Any provider that takes a message as one POST of JSON. The operator's settings say what the JSON looks like.

Only the status line of the answer counts, so its body is never read. Where it cannot be told whether the message
was taken, that is UNKNOWN: the message may then be sent once more, with the same ``Idempotency-Key``.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import gevent
import requests
import structlog
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, ProxyError

from fs_app.domain.gaps import fill
from fs_app.ports import Delivery, Message

_log = structlog.get_logger(__name__)

# What says more than its class of statuses does: the refusals that pass, and the one that points at an earlier try.
_STATUSES = {
    408: Delivery.NOT_SENT,  # the request did not arrive whole
    409: Delivery.UNKNOWN,  # a request with the same key is being worked on
    429: Delivery.NOT_SENT,
    503: Delivery.NOT_SENT,
}
# Nothing can have been sent: these come before the first byte of a request.
_NEVER_CONNECTED = (NewConnectionError, ConnectTimeoutError, ProxyError, ssl.SSLCertVerificationError)


@dataclass(frozen=True, slots=True)
class HttpProvider:
    """Where and how a provider takes messages. ``body`` is JSON whose texts have the gaps ``{to}``, ``{text}``,
    ``{subject}`` and ``{key}``. ``url`` and ``headers`` may hold secrets."""

    url: str = field(repr=False)
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    connect_seconds: float = 3.0
    read_seconds: float = 10.0


class HttpMessenger:
    """See `fs_app.ports.Messenger` for the contract. A send takes at most ``connect_seconds`` and ``read_seconds``
    together, whatever the provider does."""

    def __init__(self, provider: HttpProvider) -> None:
        self._provider = provider

    def send(self, message: Message) -> Delivery:
        """Post the message and tell what became of it. Neither its text nor where it goes is logged."""
        delivery, reason = self._post(message)
        if delivery is not Delivery.SENT:
            _log.warning("message_not_confirmed", key=message.key, delivery=delivery, reason=reason)
        return delivery

    def _post(self, message: Message) -> tuple[Delivery, str]:
        limit = gevent.Timeout(self._provider.connect_seconds + self._provider.read_seconds)
        try:
            with limit:
                status = self._status(message)
                return delivery_of(status), f"status {status}"
        except gevent.Timeout as timeout:
            if timeout is not limit:
                raise
            return Delivery.UNKNOWN, "no answer in time"
        except requests.RequestException as error:
            never = isinstance(error, requests.ConnectionError) and _never_connected(error)
            return (Delivery.NOT_SENT if never else Delivery.UNKNOWN), type(error).__name__

    def _status(self, message: Message) -> int:
        part = self._provider
        with requests.post(
            part.url,
            json=_filled(part.body, _values(message)),
            auth=_Headers({**part.headers, "Idempotency-Key": message.key}),
            timeout=(part.connect_seconds, part.read_seconds),
            allow_redirects=False,
            stream=True,
        ) as response:
            return response.status_code


def delivery_of(status: int) -> Delivery:
    """What an HTTP status says about a message."""
    if status in _STATUSES:
        return _STATUSES[status]
    if 200 <= status < 300:
        return Delivery.SENT
    return Delivery.REFUSED if 300 <= status < 500 else Delivery.UNKNOWN


class _Headers(requests.auth.AuthBase):
    """Puts our headers in. As ``auth`` they win over what a ``.netrc`` of the machine would put there."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.update(self._headers)
        return request


def _never_connected(error: requests.ConnectionError) -> bool:
    """True where the connection was never there, so that nothing was sent."""
    cause: object = error.args[0] if error.args else None
    while isinstance(cause, BaseException):
        if isinstance(cause, _NEVER_CONNECTED):
            return True
        cause = cause.reason if isinstance(cause, MaxRetryError) else next(iter(cause.args), None)
    return False


def _values(message: Message) -> dict[str, str]:
    return {"to": message.to.address, "text": message.text, "subject": message.subject, "key": message.key}


def _filled(template: Any, values: Mapping[str, str]) -> Any:
    """JSON with the gaps of its texts filled."""
    if isinstance(template, str):
        return fill(template, values)
    if isinstance(template, Mapping):
        return {key: _filled(item, values) for key, item in template.items()}
    return [_filled(item, values) for item in template] if isinstance(template, list) else template
