"""Settings of money: the gateway, the rules for one payment, the limits against card testing."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr, model_validator

from fs_app.domain.velocity import DEFAULT_LIMITS, Trait, VelocityLimit
from fs_app.settings.rules import RuleSettings
from fs_app.settings.values import Address, Part, Secret, Text

_KEYS = ("merchant_id", "public_key", "private_key")


class GatewaySettings(Part):
    """The payment gateway: the local one, Braintree's sandbox, or Braintree."""

    kind: Literal["local", "sandbox", "production"] = Field(
        "local", description="the one of this machine for trying out, Braintree's sandbox, or Braintree"
    )
    listen: Address = Field(("127.0.0.1", 8400), description="the local gateway's address (kind local)")
    merchant_id: Text = Field(
        "fs_app_demo", description="of your account at Braintree; needed unless kind is local, as both keys are"
    )
    public_key: Text = Field("fs_app_demo_public", description="of the API")
    private_key: Secret = Field(SecretStr("fs_app_demo_private"), description="of the API; best as `env:NAME`")
    merchant_account_id: Text | None = Field(
        None, description="what is charged to, where it is not the default one"
    )
    bank_merchant_account_id: Text | None = Field(None, description="for bank accounts, where it is another one")
    bank_verification: Literal["network_check", "independent_check"] = Field(
        "network_check",
        description="independent_check: the gateway verifies nothing, you answer for it by Nacha's rules",
    )
    connect_seconds: float = Field(3.0, gt=0, description="until a connection is there")
    read_seconds: float = Field(60.0, gt=0, description="shorter means more unknown results, not fewer charges")
    slow_seconds: float = Field(10.0, gt=0, description="while charges take longer, no card is asked for")
    request_keys: bool = Field(
        False, description="send api_request_key: where Braintree has enabled it, each key charges once"
    )

    @model_validator(mode="after")
    def _own_keys(self) -> GatewaySettings:
        missing = [name for name in _KEYS if name not in self.model_fields_set]
        if self.kind != "local" and missing:
            raise ValueError(f"kind {self.kind} needs your own {', '.join(missing)}")
        return self

    @property
    def limit_seconds(self) -> float:
        """The longest a whole request can take."""
        return self.connect_seconds + self.read_seconds + 7.0


class VelocityLimitSettings(Part):
    """How often one source may try, and be declined, within some hours; null is no limit."""

    attempts: int | None = Field(None, ge=1, description="so many tries to pay; no limit unless set")
    declines: int | None = Field(None, ge=1, description="so many declines; no limit unless set")
    hours: float = Field(24.0, gt=0, le=24 * 31, description="within how long a time")


def _limit(trait: Trait) -> VelocityLimitSettings:
    limit = DEFAULT_LIMITS[trait]
    return VelocityLimitSettings(attempts=limit.attempts, declines=limit.declines, hours=limit.hours)


class VelocitySettings(Part):
    """Limits against card testing, over all workers and channels."""

    caller_id: VelocityLimitSettings = Field(_limit(Trait.CALLER_ID), description="from one telephone number")
    account: VelocityLimitSettings = Field(_limit(Trait.ACCOUNT), description="for one account")
    card: VelocityLimitSettings = Field(_limit(Trait.CARD), description="with one card or bank account")
    bin: VelocityLimitSettings = Field(
        _limit(Trait.BIN), description="with cards of one bank: the same first digits"
    )
    hash_key: Secret | None = Field(
        None, description="what the sources are hashed with; the gateway's key if unset"
    )

    @model_validator(mode="before")
    @classmethod
    def _rest_is_default(cls, given: object) -> object:
        """What a limit does not say stays the default: one that only says its hours must not lose its numbers."""
        if not isinstance(given, dict):
            return given
        defaults = {trait.value: _limit(trait).model_dump() for trait in Trait}
        return {
            name: {**defaults[name], **value} if name in defaults and isinstance(value, dict) else value
            for name, value in given.items()
        }

    def limits(self) -> dict[Trait, VelocityLimit]:
        """The limits by what is counted."""
        given = {trait: getattr(self, trait.value) for trait in Trait}
        return {
            trait: VelocityLimit(each.hours, attempts=each.attempts, declines=each.declines)
            for trait, each in given.items()
        }


class PaymentSettings(RuleSettings):
    """The operator's rules, and what holds for all lines."""

    recheck_seconds: tuple[float, ...] = Field(
        (2.0, 4.0), description="while the caller waits, an unknown result is asked for again after these pauses"
    )
    velocity: VelocitySettings = VelocitySettings()
