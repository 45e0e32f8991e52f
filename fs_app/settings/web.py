"""Settings of the web role: where it listens, and the key of the internal API."""

from __future__ import annotations

import re

from pydantic import Field, field_validator

from fs_app.settings.values import Address, Part, Secret

_SHORTEST_TOKEN = 24
_PUBLIC_URL = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~-]+)*")


class WebSettings(Part):
    """Webhooks of the gateway and the internal API. Keep it on loopback, behind your own TLS proxy."""

    listen: Address = Field(("127.0.0.1", 8090), description="where your TLS proxy reaches it")
    api_token: Secret | None = Field(None, description="the bearer token of the internal API; no API without one")

    public_url: str | None = Field(
        None,
        description="what payers reach it by, e.g. https://pay.example.org; links to pay begin so, and are seen "
        "opened",
    )

    @field_validator("public_url")
    @classmethod
    def _over_tls(cls, value: str | None) -> str | None:
        if value is not None and not _PUBLIC_URL.fullmatch(value):
            raise ValueError(
                "should be an address over TLS without a slash at its end, e.g. https://pay.example.org"
            )
        return value

    @field_validator("api_token")
    @classmethod
    def _long_enough(cls, value: Secret | None) -> Secret | None:
        if value is not None and len(value.get_secret_value()) < _SHORTEST_TOKEN:
            raise ValueError(f"should have at least {_SHORTEST_TOKEN} characters, e.g. of `openssl rand -hex 24`")
        return value
