"""What an exchange that ended in an exception proves about the money.

=====================================================  ===========  ===============================================
what happened                                          result       because
=====================================================  ===========  ===============================================
refused, no such host, untrusted certificate           Unavailable  no byte of the request left
no connection within the time limit                    Unavailable  no byte of the request left
401, 403, 404, 426                                     Unavailable  keys, address and version are looked at first
no answer in time, closed or reset without an answer   Unknown      the request may have arrived
an answer that ends early, is empty, or is no XML      Unknown      it was answered: something was done
500, 502, 503, 504                                     Unknown      it may have failed after the work was done
408, 429, 400, 409, any other status                   Unknown      nothing that is written down promises that the
                                                                    request was not processed; a look costs less
                                                                    than a second charge
whatever else is raised                                Unknown      it is not understood
=====================================================  ===========  ===============================================
"""

from __future__ import annotations

import ssl
from typing import Any

from braintree.exceptions.authentication_error import AuthenticationError
from braintree.exceptions.authorization_error import AuthorizationError
from braintree.exceptions.http.connection_error import ConnectionError as NoConnectionError
from braintree.exceptions.http.timeout_error import ConnectTimeoutError
from braintree.exceptions.not_found_error import NotFoundError
from braintree.exceptions.upgrade_required_error import UpgradeRequiredError
from urllib3.exceptions import NewConnectionError

from fs_app.domain.payment import Unavailable, Unknown

# The gateway refused before it processed anything.
_REFUSED: dict[type[BaseException], str] = {
    AuthenticationError: "the gateway refuses our keys (401)",
    AuthorizationError: "our keys may not do this at the gateway (403)",
    NotFoundError: "the gateway does not know that transaction or merchant (404)",
    UpgradeRequiredError: "the gateway wants a newer SDK (426)",
}
# Reasons that waiting does not mend.
LASTING = frozenset(_REFUSED.values())


def fault_of(error: Exception) -> Unavailable | Unknown:
    """Name an exception without keeping it: its type only, as its text and its members may hold the card."""
    for kind, reason in _REFUSED.items():
        if isinstance(error, kind):
            return Unavailable(reason)
    if isinstance(error, ConnectTimeoutError):
        return Unavailable("no connection to the gateway within the time limit")
    if isinstance(error, NoConnectionError) and _never_connected(error):
        return Unavailable("no connection to the gateway")
    return Unknown(f"no trusted answer from the gateway ({type(error).__name__})")


def _never_connected(error: BaseException) -> bool:
    """True where the cause says that no byte of the request left: refused, no such host, untrusted certificate.

    "Refused" and "closed without an answer" arrive as the same class, so the cause decides: urllib3's reason for
    giving up, reached through ``args`` because the SDK and requests wrap one exception in another.
    """
    cause: Any = error
    for _ in range(8):
        if isinstance(cause, NewConnectionError | ssl.SSLCertVerificationError):
            return True
        reason = getattr(cause, "reason", None)
        cause = reason if isinstance(reason, BaseException) else next(iter(getattr(cause, "args", ())), None)
    return False
