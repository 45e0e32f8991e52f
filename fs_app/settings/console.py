"""Settings of the console: where it listens, how long a sign-in lasts, an OpenID provider."""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from fs_app.domain.people import Role, SessionTimes, language_code
from fs_app.settings.values import Address, Part, Secret, Text

_SHORTEST_KEY = 24


class OidcSettings(Part):
    """Sign-in by an OpenID provider of your own; needs `pip install fs-app[oidc]`."""

    issuer: str = Field(description="the provider's address, as it writes it itself; https")
    client_id: Text = Field(description="what the provider calls the console")
    client_secret: Secret = Field(description="best as `env:NAME`")
    name_claim: str = Field(
        "preferred_username", min_length=1, max_length=64, description="the claim that is the login name"
    )
    label: str = Field("", max_length=40, description="what the button calls the provider; its host unless set")
    passwords: bool = Field(True, description="whether people may also sign in with a password")
    role_claim: str | None = Field(
        None, min_length=1, max_length=64, description="a claim that gives roles by `roles`; ours count unless set"
    )
    roles: dict[str, Role] = Field(
        {}, description="our role for each value of that claim; who has one is added at the first sign-in"
    )

    @property
    def button(self) -> str:
        """What the button calls the provider."""
        return self.label or urlsplit(self.issuer).hostname or ""

    @field_validator("issuer")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if not _is_safe_url(value) or value.endswith("/.well-known/openid-configuration"):
            raise ValueError("should be an https address like https://login.example.org/realms/staff")
        return value

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if bool(self.roles) != (self.role_claim is not None):
            raise ValueError("role_claim and roles belong together")
        return self


class ConsoleSettings(Part):
    """The pages for agents, supervisors, finance and admins. Keep it on loopback, behind your own TLS proxy."""

    listen: Address = Field(("127.0.0.1", 8091), description="where your TLS proxy reaches it")
    public_url: str | None = Field(
        None, description="what people type, e.g. https://console.example.org; links begin so. `listen` unless set"
    )
    idle_minutes: int = Field(30, ge=1, le=1440, description="without a click or a key, then one signs in again")
    absolute_hours: int = Field(12, ge=1, le=168, description="then one signs in again in any case")
    link_hours: int = Field(72, ge=1, le=720, description="how long a link that sets a password can be used")
    secure_cookies: bool = Field(
        True, description="no only where browsers come without TLS: for trying out on this machine alone"
    )
    trusted_proxies: int = Field(
        1, ge=0, le=5, description="proxies of yours in a row that say whom they forward (X-Forwarded-For, -Proto)"
    )
    second_step: tuple[Role, ...] = Field(
        (), description="roles that open nothing before they have set up a second step; with a password, that is"
    )
    languages: tuple[str, ...] = Field(("en", "es", "tr", "ar"), min_length=1, description="of the pages")
    key: Secret | None = Field(
        None, description="seals the secrets of second steps in the database; kept as they are unless set"
    )
    oidc: OidcSettings | None = Field(
        None, description="sign-in by an OpenID provider of your own; needs the extra `oidc`"
    )

    @property
    def url(self) -> str:
        """What links begin with, without a slash at the end."""
        host, port = self.listen
        return self.public_url or f"http://{host}:{port}"

    def times(self) -> SessionTimes:
        """How long what lasts."""
        link = timedelta(hours=self.link_hours)
        return SessionTimes(
            idle=timedelta(minutes=self.idle_minutes),
            absolute=timedelta(hours=self.absolute_hours),
            setup_link=link,
            reset_link=min(link, SessionTimes().reset_link),
        )

    @field_validator("public_url")
    @classmethod
    def _is_an_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError("should be a scheme and a host, e.g. https://console.example.org")
        if not _is_safe_url(value):
            raise ValueError(
                "over plain http passwords would cross the network in the clear: put a proxy with TLS in front "
                f"and write https://{parts.hostname}; http is for trying out on this machine alone, "
                "http://localhost:8091"
            )
        return value.rstrip("/")

    @model_validator(mode="after")
    def _over_tls_unless_nobody_else_comes(self) -> Self:
        """Cookies that are not `Secure` never go with https, and without it no further than this machine. Those
        that are go with http there, too: most browsers take loopback for safe."""
        if self.secure_cookies:
            return self
        if self.public_url is not None and urlsplit(self.public_url).scheme == "https":
            raise ValueError(
                f"secure_cookies: no does not go with {self.public_url}: over TLS leave it at yes, or cookies "
                "could be read and planted without TLS"
            )
        if self.public_url is None and not _is_loopback(self.listen[0].strip("[]")):
            raise ValueError(
                f"secure_cookies: no is for browsers on this machine, and {self.listen[0]} is for others, too: "
                "listen on 127.0.0.1, or leave it at yes and set public_url to the https address of your proxy"
            )
        return self

    @field_validator("languages")
    @classmethod
    def _are_codes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(map(language_code, value)):
            raise ValueError("should be codes like en or pt_BR")
        return value

    @field_validator("key")
    @classmethod
    def _long_enough(cls, value: Secret | None) -> Secret | None:
        if value is not None and len(value.get_secret_value()) < _SHORTEST_KEY:
            raise ValueError(f"should have at least {_SHORTEST_KEY} characters, e.g. of `openssl rand -hex 24`")
        return value


def _is_safe_url(text: str) -> bool:
    """An https address; plain http on loopback, where nobody listens in."""
    parts = urlsplit(text)
    host = parts.hostname or ""
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host)))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
