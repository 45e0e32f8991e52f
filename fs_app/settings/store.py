"""Settings of the databases: our own tables, and the operator's billing data."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr, model_validator
from pydantic.functional_validators import AfterValidator

from fs_app.settings.values import Env, Part, database_url, hidden_database_url


class DatabaseSettings(Part):
    """Our own tables: accounts (unless the operator's database has them) and the payment ledger."""

    url: Annotated[str, Env, AfterValidator(database_url)] = Field(
        "sqlite:///../var/fs_app.sqlite",
        validate_default=True,
        description="an SQLite file, or `mysql+mysqldb://user:password@host/name?charset=utf8mb4`",
    )
    threads: int = Field(16, ge=1, le=64, description="native threads that wait for it, in each process")
    deadline_seconds: float = Field(5.0, gt=0, description="an answer that takes longer is none")
    slow_seconds: float = Field(2.0, gt=0, description="while answers take longer, no card is asked for")


class StatementSettings(Part):
    """The operator's own SQL; see docs/billing-database.md for the columns each must return."""

    account_by_number: str = Field(description="finds an account by `:number`, what callers key")
    account_by_caller_id: str | None = Field(None, description="by `:caller_id`, the number they call from")
    account_by_customer_number: str | None = Field(None, description="by `:customer_number`")
    account_by_bill_number: str | None = Field(None, description="by `:bill_number`, what is printed on a bill")
    open_bills: str = Field(description="what is to be paid on `:account_id`")
    bill_by_number: str | None = Field(None, description="a bill by `:bill_number`, for whoever pays it")
    subscriptions: str | None = Field(None, description="those of `:account_id`")
    subscription_offers: str | None = Field(None, description="what can be bought for `:plan`")
    appointments: str | None = Field(None, description="those of `:account_id`")


class DirectorySettings(Part):
    """Where accounts and bills are looked up."""

    kind: Literal["tables", "sql"] = Field(
        "tables", description="our own tables, or the statements below in your billing database"
    )
    url: Annotated[SecretStr, Env, AfterValidator(hidden_database_url)] | None = Field(
        None, description="your database (kind sql); as `database.url`"
    )
    statements: StatementSettings | None = Field(None, description="your SQL (kind sql): docs/billing-database.md")

    @model_validator(mode="after")
    def _complete(self) -> DirectorySettings:
        if self.kind == "sql" and (self.url is None or self.statements is None):
            raise ValueError("kind sql needs a url and the statements")
        return self
