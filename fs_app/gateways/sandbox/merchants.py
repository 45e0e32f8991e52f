"""The merchants that the local gateway knows, and what is switched on for each."""

from __future__ import annotations

from dataclasses import dataclass, field

ACCOUNT_TYPES = ("credit", "debit")


@dataclass(frozen=True, slots=True)
class Merchant:
    """An account at the gateway. ``accounts`` maps merchant account ids to currencies; the first is the default."""

    id: str
    public_key: str
    private_key: str = field(repr=False)
    accounts: dict[str, str]
    custom_fields: frozenset[str] = frozenset()
    fraud_tool: str | None = None  # whose tool looks at cards for fraud
    rejects_failed_checks: bool = False  # AVS N or CVV N is a gateway rejection
    duplicate_seconds: int = 0  # 0 is off
    request_keys: bool = True  # api_request_key is enabled
    compliant: bool = True  # held to the rules of ACH: bank accounts must be verified
    user: str = ""

    @property
    def default_account(self) -> str:
        """The merchant account of a transaction that names none."""
        return next(iter(self.accounts))

    def has_account_types(self, account: str) -> bool:
        """True where a card may be credit and debit in one, and the request tells which is meant: in Brazil."""
        return self.accounts[account] == "BRL"


def _seed(name: str, **more: object) -> Merchant:
    return Merchant(f"{name}_merchant_id", f"{name}_public_key", f"{name}_private_key", **more)  # type: ignore[arg-type]


MERCHANTS: tuple[Merchant, ...] = (
    _seed(
        "integration",
        accounts={
            "sandbox_credit_card": "USD",
            "sandbox_credit_card_non_default": "USD",
            "us_bank_merchant_account": "USD",
            "card_processor_brl": "BRL",
            "hiper_brl": "BRL",
        },
        custom_fields=frozenset({"store_me"}),
        compliant=False,
        user="integration_user_public_id",
    ),
    _seed("test", accounts={"test_account": "USD"}),
    _seed("integration2", accounts={"another_us_bank_merchant_account": "USD"}),
    _seed("processing_rules", accounts={"processing_rules_account": "USD"}, rejects_failed_checks=True),
    _seed("advanced_fraud_integration", accounts={"advanced_fraud_account": "USD"}, fraud_tool="kount"),
    _seed(
        "fraud_protection_enterprise_integration",
        accounts={"fraud_protection_account": "USD"},
        fraud_tool="fraud_protection_enterprise",
    ),
    Merchant(
        "fraud_protection_effortless_chargeback_protection_merchant_id",
        "effortless_chargeback_protection_public_key",
        "effortless_chargeback_protection_private_key",
        accounts={"chargeback_protection_account": "USD"},
        fraud_tool="fraud_protection",
    ),
    _seed("dup_checking_integration", accounts={"dup_checking_account": "USD"}, duplicate_seconds=30),
    Merchant(
        "fs_app_demo",
        "fs_app_demo_public",
        "fs_app_demo_private",
        accounts={
            "fs_app_demo_usd": "USD",
            "fs_app_demo_eur": "EUR",
            "fs_app_demo_gbp": "GBP",
            "fs_app_demo_jpy": "JPY",
        },
        rejects_failed_checks=True,
        duplicate_seconds=30,
    ),
)
