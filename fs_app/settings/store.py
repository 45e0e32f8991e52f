"""Settings of the databases: our own tables, and the operator's billing data."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr, model_validator
from pydantic.functional_validators import AfterValidator

from fs_app.settings.values import Env, Part, database_url, hidden_database_url


class DatabaseSettings(Part):
    """Our own tables: accounts (unless the operator's database has them) and the payment ledger."""

    url: Annotated[str, Env, AfterValidator(database_url)] = Field(
        "sqlite:///../var/fs_app.sqlite", validate_default=True
    )
    threads: int = Field(16, ge=1, le=64)
    deadline_seconds: float = Field(5.0, gt=0)
    slow_seconds: float = Field(2.0, gt=0, description="while answers take longer, no card is asked for")


class StatementSettings(Part):
    """The operator's own SQL; see docs/billing-database.md for the columns each must return."""

    account_by_number: str
    account_by_caller_id: str | None = None
    account_by_customer_number: str | None = None
    account_by_bill_number: str | None = None
    open_bills: str
    bill_by_number: str | None = None
    subscriptions: str | None = None
    subscription_offers: str | None = None
    appointments: str | None = None


class DirectorySettings(Part):
    """Where accounts and bills are looked up."""

    kind: Literal["tables", "sql"] = "tables"
    url: Annotated[SecretStr, Env, AfterValidator(hidden_database_url)] | None = None
    statements: StatementSettings | None = None

    @model_validator(mode="after")
    def _complete(self) -> DirectorySettings:
        if self.kind == "sql" and (self.url is None or self.statements is None):
            raise ValueError("kind sql needs a url and the statements")
        return self
