"""Settings of written messages: who sends them, and where their texts are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic.functional_validators import AfterValidator

from fs_app.domain.gaps import gaps
from fs_app.domain.pay_link import checked_page
from fs_app.settings.values import Location, Part, Secret

_BODY_GAPS = ("to", "text", "subject", "key")


def _url(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"https?://[A-Za-z0-9.:@%\[\]_-]+(/[!-~]*)?", value.get_secret_value()):
        raise ValueError("should be an address, e.g. https://sms.example.net/messages")
    return value


def _header(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[!-~]([ -~]*[!-~])?", value.get_secret_value()):
        raise ValueError("a header is one line of plain ASCII")
    return value


class ProviderSettings(Part):
    """Who sends one kind of message: the log, or a provider that takes JSON over HTTP."""

    kind: Literal["console", "http"] = Field(
        "console", description="a line of the log instead of a message, or a provider's API"
    )
    url: Annotated[Secret, AfterValidator(_url)] | None = Field(
        None, description="where it is posted to (kind http)"
    )
    headers: dict[str, Annotated[Secret, AfterValidator(_header)]] = Field(
        {}, description="of the request, e.g. its key; best as `env:NAME`"
    )
    body: dict[str, Any] = Field({}, description="JSON; gaps: {to} {text} {subject} {key}")
    connect_seconds: float = Field(3.0, gt=0, description="until a connection is there")
    read_seconds: float = Field(10.0, gt=0, description="until the answer is there")

    @field_validator("headers")
    @classmethod
    def _header_names(cls, value: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for name in value:
            if not re.fullmatch(r"[A-Za-z0-9-]+", name):
                raise ValueError(f"{name!r} is no name for a header")
        return value

    @field_validator("body")
    @classmethod
    def _known_gaps(cls, value: dict[str, Any]) -> dict[str, Any]:
        for name in sorted(set().union(*map(gaps, _texts(value))) - set(_BODY_GAPS)):
            raise ValueError(f"nothing is called {{{name}}} here; known: {', '.join(_BODY_GAPS)}")
        return value

    @model_validator(mode="after")
    def _complete(self) -> ProviderSettings:
        if self.kind == "http":
            if self.url is None or not self.body:
                raise ValueError("kind http needs a url and a body")
            if not {"to", "text"} <= set().union(*map(gaps, _texts(self.body))):
                raise ValueError("the body needs {to} and {text}")
        return self


class MessagesSettings(Part):
    """Receipts and what else is told in writing."""

    templates: Location = Field("messages.yaml", validate_default=True, description="the file of the texts")
    language: str = Field("en", description="for payers whose language has no texts")
    pay_link: Annotated[str, AfterValidator(checked_page)] | None = Field(
        None,
        description="your own page for paying, which `send_link` sends; gaps: {account} {bill} {amount} {currency}",
    )
    sms: ProviderSettings = Field(ProviderSettings(), description="who sends text messages")
    mail: ProviderSettings = Field(ProviderSettings(), description="who sends mail")


def _texts(body: Any) -> Iterator[str]:
    """Every text within a body, at any depth."""
    if isinstance(body, str):
        yield body
    elif isinstance(body, Mapping):
        for item in body.values():
            yield from _texts(item)
    elif isinstance(body, list):
        for item in body:
            yield from _texts(item)
