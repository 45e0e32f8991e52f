"""The settings file: one typed model, checked whole before anything starts.

Paths are relative to the file's own folder. A value written ``env:NAME`` is taken from the environment, so that
keys and passwords need not lie in the file.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic.functional_validators import AfterValidator, BeforeValidator

from fs_app import yamlfile
from fs_app.domain.card import BRANDS

_NAME = r"^[A-Za-z0-9_.-]{1,64}$"


def _from_environment(value: Any) -> Any:
    if not isinstance(value, str) or not value.startswith("env:"):
        return value
    name = value.removeprefix("env:")
    if name not in os.environ:
        raise ValueError(f"the environment variable {name} is not set")
    return os.environ[name]


def _address(value: Any) -> Any:
    match = re.fullmatch(r"(\S+):(\d{1,5})", value) if isinstance(value, str) else None
    if match is None or int(match[2]) > 65535:
        raise ValueError("should be host:port, e.g. 127.0.0.1:8084")
    return match[1], int(match[2])


def _path(value: Any, info: ValidationInfo) -> Any:
    base = (info.context or {}).get("base", Path())
    return (base / value).resolve() if isinstance(value, str) else value


def _database_url(value: str, info: ValidationInfo) -> str:
    if value.startswith("sqlite:///"):
        base = (info.context or {}).get("base", Path())
        return f"sqlite:///{(base / value.removeprefix('sqlite:///')).resolve()}"
    if not value.startswith("mysql+mysqldb://"):
        raise ValueError("should start with sqlite:/// or mysql+mysqldb://")
    return value


def _hidden_database_url(value: SecretStr, info: ValidationInfo) -> SecretStr:
    return SecretStr(_database_url(value.get_secret_value(), info))


Env = BeforeValidator(_from_environment)
Text = Annotated[str, Env]
Secret = Annotated[SecretStr, Env]
Address = Annotated[tuple[str, int], BeforeValidator(_address)]
Location = Annotated[Path, BeforeValidator(_path)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CallsSettings(_Part):
    """The event socket server."""

    listen: Address = ("127.0.0.1", 8084)
    limit: int = Field(200, ge=1, description="calls at once; the next one hears a prompt and goes to the fallback")
    grace_seconds: float = Field(120, ge=0, description="on SIGTERM calls may go on for so long")
    first_key_seconds: float = Field(6.0, gt=0, description="from the end of a prompt to the first key")
    inter_key_seconds: float = Field(3.0, gt=0, description="from one key to the next")


class LineSettings(_Part):
    """What a call gets whose dialplan sets no fs_app_* variable."""

    flow: str = Field("pay_balance", pattern=_NAME)
    language: str = Field("en", pattern=r"^[a-z]{2,3}(_[A-Z]{2})?$")
    queue: str = Field("payments", pattern=r"^[A-Za-z0-9_.-]{1,64}(@[A-Za-z0-9_.-]{1,64})?$")


class DatabaseSettings(_Part):
    """Our own tables: accounts (unless the operator's database has them) and the payment ledger."""

    url: Annotated[str, Env, AfterValidator(_database_url)] = "sqlite:///../var/fs_app.sqlite"
    threads: int = Field(8, ge=1, le=64)
    deadline_seconds: float = Field(5.0, gt=0)


class StatementSettings(_Part):
    """The operator's own SQL; see docs/billing-database.md for the columns each must return."""

    account_by_number: str
    account_by_caller_id: str | None = None
    open_bill: str


class DirectorySettings(_Part):
    """Where accounts and bills are looked up."""

    kind: Literal["tables", "sql"] = "tables"
    url: Annotated[SecretStr, Env, AfterValidator(_hidden_database_url)] | None = None
    statements: StatementSettings | None = None

    @model_validator(mode="after")
    def _complete(self) -> DirectorySettings:
        if self.kind == "sql" and (self.url is None or self.statements is None):
            raise ValueError("kind sql needs a url and the statements")
        return self


class GatewaySettings(_Part):
    """The payment gateway: the local one, Braintree's sandbox, or Braintree."""

    kind: Literal["local", "sandbox", "production"] = "local"
    listen: Address = Field(("127.0.0.1", 8400), description="the local gateway's address (kind local)")
    merchant_id: Text = "fs_app_demo"
    public_key: Text = "fs_app_demo_public"
    private_key: Secret = SecretStr("fs_app_demo_private")
    merchant_account_id: Text | None = None
    connect_seconds: float = Field(3.0, gt=0)
    read_seconds: float = Field(60.0, gt=0, description="shorter means more unknown results, not fewer charges")


class PaymentSettings(_Part):
    """The operator's rules for one payment."""

    minimum_minor: int = Field(100, ge=1, description="in minor units of the bill's currency, e.g. cents")
    maximum_minor: int = Field(500_000, ge=1)
    overpayment: bool = False
    declines: int = Field(3, ge=1, description="after so many declines in one call an agent takes over")
    brands: frozenset[str] = frozenset({"visa", "mastercard", "amex", "discover"})
    pin_length: int = Field(4, ge=3, le=12)
    postal_code_length: int = Field(5, ge=3, le=10)
    account_lengths: tuple[int, int] = (4, 12)

    @field_validator("brands")
    @classmethod
    def _known_brands(cls, value: frozenset[str]) -> frozenset[str]:
        known = {brand.name for brand in BRANDS}
        for name in sorted(value - known):
            raise ValueError(f"no brand is called {name!r}; known: {', '.join(sorted(known))}")
        return value

    @model_validator(mode="after")
    def _ordered(self) -> PaymentSettings:
        if self.minimum_minor > self.maximum_minor:
            raise ValueError("minimum_minor is above maximum_minor")
        if not 1 <= self.account_lengths[0] <= self.account_lengths[1] <= 20:
            raise ValueError("account_lengths is [shortest, longest], within 1 to 20")
        return self


class LogSettings(_Part):
    """Where the lines go: always standard error, for systemd or a person."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    style: Literal["json", "console"] = "json"


class Settings(_Part):
    """Everything an operator can set. Every part has a default that works on one machine without accounts."""

    calls: CallsSettings = CallsSettings()
    line: LineSettings = LineSettings()
    database: DatabaseSettings = DatabaseSettings()
    directory: DirectorySettings = DirectorySettings()
    gateway: GatewaySettings = GatewaySettings()
    payments: PaymentSettings = PaymentSettings()
    log: LogSettings = LogSettings()
    metrics: Address = ("127.0.0.1", 9108)
    timezone: str = "UTC"
    flows: Location = Path("flows")
    sounds: Location = Path("../sounds")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("should be a zone of the tz database, e.g. America/New_York") from None
        return value


def load_settings(path: Path) -> tuple[Settings, yamlfile.Document]:
    """Read and check the settings file; ConfigError lists every mistake as ``file:line:col``.

    The document is returned too, so that later checks (the operator's SQL, gateway keys) can point into it.
    """
    document = yamlfile.read(path)
    data = document.data if document.data is not None else {}
    defaults = {"flows": "flows", "sounds": "../sounds", "database": {"url": DatabaseSettings().url}}
    if isinstance(data, dict):
        data = {**defaults, **data}
    return yamlfile.validate(document, Settings, data=data, context={"base": path.resolve().parent}), document
