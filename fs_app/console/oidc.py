"""Signing in by an OpenID provider of the operator's: authorization code with PKCE, state and nonce (Authlib).

The provider says who it is; whether they may come in, and as what, is ours: a name that nobody here has is
refused, unless the settings map a claim to roles. A name finds somebody once: from then on it is their account at
the provider (``sub``), since names there can be changed, and given to somebody else. What comes back is checked
against what this browser set out with, which is in its signed cookie, once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import structlog
from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Blueprint, Response, abort, make_response, render_template, request, session
from flask.sansio.blueprints import BlueprintSetupState
from joserfc.errors import JoseError
from requests import RequestException

from fs_app.console.access import SIGN_IN, open_page, people, record, safe_next
from fs_app.console.door import let_in
from fs_app.console.parts import ConsoleParts
from fs_app.console.tries import stranger
from fs_app.domain.people import Role, login_name
from fs_app.errors import LastAdmin, NameTaken
from fs_app.ports.people import NewUser, User
from fs_app.settings import OidcSettings

_log = structlog.get_logger(__name__)

_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures with a key that only the provider has: no ``none``, and none with the secret of the client."""
_DEADLINE_SECONDS = 10
_LEEWAY_SECONDS = 60  # clocks
_STATES, _NEXT = "_state_", "next"
_WELL_KNOWN = "/.well-known/openid-configuration"


class _Refused(Exception):
    """Nobody comes in by this answer; the message is for the log and the audit."""


class _Provider:
    """The provider of the settings. It is asked for its addresses and keys when somebody first signs in."""

    def __init__(self, part: OidcSettings, callback: str) -> None:
        self._part = part
        self._callback = callback
        self._registry = OAuth()
        self._client = self._registry.register(
            "provider",
            client_id=part.client_id,
            client_secret=part.client_secret.get_secret_value(),
            server_metadata_url=part.issuer.rstrip("/") + _WELL_KNOWN,
            client_kwargs={
                "scope": "openid profile email",
                "code_challenge_method": "S256",
                "default_timeout": _DEADLINE_SECONDS,
                "leeway": 0,  # the access token is used at once, if at all, and may be good for a minute only
            },
        )

    def install(self, state: BlueprintSetupState) -> None:
        """Have it serve the application that its pages are registered with."""
        self._registry.init_app(state.app)

    def set_out(self) -> Response:
        """To the provider. Of several times that one browser sets out, the last one counts."""
        self._check_metadata()
        for name in [name for name in session if name.startswith(_STATES)]:
            session.pop(name)
        return make_response(self._client.authorize_redirect(self._callback))

    def came_back(self) -> Mapping[str, Any]:
        """Who it says it is: the claims. Raises what Authlib raises, and _Refused."""
        self._check_metadata()
        wanted = {
            "iss": {"essential": True, "value": self._part.issuer},
            "aud": {"essential": True, "value": self._part.client_id},
        }
        token = self._client.authorize_access_token(claims_options=wanted, leeway=_LEEWAY_SECONDS)
        claims: dict[str, Any] = dict(token.get("userinfo") or {})
        if not claims:
            raise _Refused("no id token")
        if self._part.name_claim not in claims:
            told = self._client.userinfo(token=token)
            if told.get("sub") != claims["sub"]:
                raise _Refused("another subject")
            claims = {**told, **claims}
        return claims

    def _check_metadata(self) -> None:
        """The addresses are those of the issuer that was set, and of its signatures only strong ones count."""
        metadata = self._client.load_server_metadata()
        if metadata.get("issuer") != self._part.issuer:
            raise _Refused("another issuer")
        offered = metadata.get("id_token_signing_alg_values_supported") or _ALGORITHMS
        metadata["id_token_signing_alg_values_supported"] = [each for each in _ALGORITHMS if each in offered]


def oidc(parts: ConsoleParts, part: OidcSettings) -> Blueprint:
    """The pages of signing in by the provider."""
    pages = Blueprint("oidc", __name__)
    provider = _Provider(part, f"{parts.settings.console.url}{SIGN_IN}/oidc/back")
    pages.record_once(provider.install)

    @open_page(pages, f"{SIGN_IN}/oidc")
    def start() -> Response:
        """To the provider."""
        session[_NEXT] = safe_next(request.args.get("next", ""))
        try:
            return provider.set_out()
        except (OAuthError, RequestException, ValueError, RuntimeError, _Refused) as error:
            return _unavailable(error)

    @open_page(pages, f"{SIGN_IN}/oidc/back")
    def back() -> Response:
        """From the provider."""
        wanted = safe_next(str(session.pop(_NEXT, "")))
        try:
            claims = provider.came_back()
            user = _known(part, claims)
        except RequestException as error:
            return _unavailable(error)
        except (OAuthError, JoseError, KeyError, ValueError, RuntimeError, _Refused) as error:
            if stranger():
                abort(429)
            reason = str(error) if isinstance(error, _Refused) else type(error).__name__
            _log.warning("sign_in_by_provider_refused", reason=reason)
            record("sign_in_oidc", f"refused: {reason}")
            return _refused()
        record("sign_in_oidc", "done", user=user)
        return let_in(user, wanted, waits_for_code=user.has_code)

    return pages


def _known(part: OidcSettings, claims: Mapping[str, Any]) -> User:
    """Whom the claims are about, added or changed where the settings say so."""
    account = _account(part, claims)
    user = people().users.by_account(account)
    name = user.name if user is not None else _name(part, claims)
    user = user or people().users.by_name(name)
    if user is not None and user.bound and people().users.by_account(account) is None:
        raise _Refused("another account of that name")
    if part.role_claim is not None:
        user = _with_roles(user, name, _roles(part, claims), claims)
    if user is None:
        raise _Refused("unknown user")
    if user.disabled:
        raise _Refused("disabled user")
    if not user.bound:
        record("bind_account", "asked", subject=f"user {name}", user=user)
        if not people().users.bind(user.id, account):
            raise _Refused("another account of that name")
    return user


def _account(part: OidcSettings, claims: Mapping[str, Any]) -> str:
    """What the provider calls somebody for ever, and never gives to somebody else (OpenID Connect Core, 5.7)."""
    return hashlib.sha256(f"{part.issuer}\n{claims['sub']}".encode()).hexdigest()


def _name(part: OidcSettings, claims: Mapping[str, Any]) -> str:
    """The login name that somebody has here whose account is nobody's yet."""
    told = claims.get(part.name_claim)
    name = login_name(told) if isinstance(told, str) else None
    if name is None:
        raise _Refused("no login name")
    if part.name_claim == "email" and claims.get("email_verified") is not True:
        raise _Refused("address not verified")
    return name


def _roles(part: OidcSettings, claims: Mapping[str, Any]) -> frozenset[Role]:
    told = claims.get(part.role_claim or "")
    values = told if isinstance(told, list) else [told]
    roles = frozenset(part.roles[value] for value in values if isinstance(value, str) and value in part.roles)
    if not roles:
        raise _Refused("no role")
    return roles


def _with_roles(user: User | None, name: str, roles: frozenset[Role], claims: Mapping[str, Any]) -> User:
    """The roles that the provider gives; each change is in the audit before it is made."""
    text = " ".join(sorted(roles))
    full_name = claims.get("name")
    try:
        if user is None:
            record("add_user", "asked", subject=f"user {name}", detail=f"by the provider: {text}")
            return people().users.add(NewUser(name, roles, full_name if isinstance(full_name, str) else ""))
        if user.roles != roles:
            record("change_user", "asked", subject=f"user {name}", detail=f"by the provider: {text}", user=user)
            return people().users.change(user.id, roles=roles)
    except (LastAdmin, NameTaken) as refused:
        raise _Refused(type(refused).__name__) from None
    return user


def _refused() -> Response:
    return make_response(render_template("error.html", said="door.oidc_refused"), 403)


def _unavailable(error: Exception) -> Response:
    reason = str(error) if isinstance(error, _Refused) else type(error).__name__
    _log.error("the OpenID provider cannot be used", reason=reason)
    return make_response(render_template("error.html", said="door.oidc_unavailable"), 503)
