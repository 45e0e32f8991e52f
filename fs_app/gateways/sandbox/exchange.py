"""What goes through a handler: the call it is given, the answer it returns, and the two ways to refuse.

A handler is ``def name(call: Call) -> Answer``. It never yields to another greenlet between reading and writing
the books, so it needs no locks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fs_app.gateways.sandbox.xml import Items, Symbol, Tree

if TYPE_CHECKING:
    from fs_app.gateways.sandbox.faults import Fault
    from fs_app.gateways.sandbox.store import Books

# Validation codes: the attribute each belongs to, and its text.
PROBLEMS: dict[str, tuple[str, str]] = {
    "81501": ("amount", "Amount cannot be negative."),
    "81502": ("amount", "Amount is required."),
    "81503": ("amount", "Amount is an invalid format."),
    "81528": ("amount", "Amount is too large."),
    "81531": ("amount", "Amount must be greater than zero."),
    "81534": ("tax_amount", "Tax amount cannot be negative."),
    "81535": ("tax_amount", "Tax amount is an invalid format."),
    "81536": ("tax_amount", "Tax amount is too large."),
    "81601": ("company", "Company is too long."),
    "81604": ("email", "Email is an invalid format."),
    "81608": ("first_name", "First name is too long."),
    "81613": ("last_name", "Last name is too long."),
    "81703": ("number", "Credit card type is not accepted by this merchant account."),
    "81707": ("cvv", "CVV must be 4 digits for American Express and 3 digits for other card types."),
    "81709": ("expiration_date", "Expiration date is required."),
    "81710": ("expiration_date", "Expiration date is invalid."),
    "81712": ("expiration_month", "Expiration month is invalid."),
    "81713": ("expiration_year", "Expiration year is invalid."),
    "81714": ("number", "Credit card number is required."),
    "81715": ("number", "Credit card number is invalid."),
    "81716": ("number", "Credit card number must be 12-19 digits."),
    "81717": ("number", "Credit card number is not an accepted test number."),
    "81724": ("number", "Duplicate card exists in the vault."),
    "81763": ("number", "Duplicate card exists in the vault for the customer."),
    "81801": ("base", "Address must have at least one field filled in."),
    "81802": ("company", "Company is too long."),
    "81804": ("extended_address", "Extended address is too long."),
    "81805": ("first_name", "First name is too long."),
    "81806": ("last_name", "Last name is too long."),
    "81807": ("locality", "Locality is too long."),
    "81809": ("postal_code", "Postal code may contain no more than 9 letter or number characters."),
    "81810": ("region", "Region is too long."),
    "81812": ("street_address", "Street address is too long."),
    "81813": ("postal_code", "Postal code can only contain letters, numbers, spaces, and hyphens."),
    "91501": ("order_id", "Order ID is too long."),
    "91504": ("base", "Transaction can only be voided if status is authorized or submitted_for_settlement."),
    "91505": ("base", "Cannot refund credit."),
    "91506": ("base", "Cannot refund transaction unless it is settled."),
    "91507": ("base", "Cannot submit for settlement unless status is authorized."),
    "91508": ("base", "Cannot determine payment method."),
    "91510": ("customer_id", "Customer ID is invalid."),
    "91511": ("customer_id", "Customer does not have any credit cards."),
    "91512": ("base", "Transaction has already been completely refunded."),
    "91513": ("merchant_account_id", "Merchant account ID is invalid."),
    "91515": ("base", "Cannot provide more than one payment method."),
    "91516": (
        "base",
        "Cannot provide both payment_method_token and customer_id unless it belongs to the customer.",
    ),
    "91518": ("payment_method_token", "Payment method token is invalid."),
    "91521": ("amount", "Refund amount is too large."),
    "91522": ("amount", "Settlement amount is too large."),
    "91523": ("type", "Transaction type is invalid."),
    "91524": ("type", "Transaction type is required."),
    "91526": ("custom_fields", "Custom field is invalid."),
    "91537": ("purchase_order_number", "Purchase order number is too long."),
    "91548": ("purchase_order_number", "Purchase order number is invalid."),
    "91550": ("channel", "Channel is too long."),
    "91564": ("payment_method_nonce", "Cannot use a payment_method_nonce more than once."),
    "91565": ("payment_method_nonce", "Unknown or expired payment_method_nonce."),
    "91575": ("base", "Cannot simulate transaction settlement."),
    "91602": ("custom_fields", "Custom field is invalid."),
    "91609": ("id", "Customer ID has already been taken."),
    "91610": ("id", "Customer ID is invalid (use only letters, numbers, '-', and '_')."),
    "91617": ("payment_method_nonce", "Payment method nonce belongs to a payment method of a different customer."),
    "91625": ("international_phone", "Country code is invalid."),
    "91626": ("international_phone", "National number is invalid."),
    "91701": ("base", "Cannot provide both a billing address and a billing address ID."),
    "91702": ("billing_address_id", "Billing address ID is invalid."),
    "91704": ("customer_id", "Customer ID is required."),
    "91705": ("customer_id", "Customer ID is invalid."),
    "91718": ("token", "Credit card token is invalid."),
    "91719": ("token", "Credit card token is taken."),
    "91723": ("update_existing_token", "Update existing token is invalid."),
    "91728": ("verification_merchant_account_id", "Verification merchant account ID is invalid."),
    "91731": ("payment_method_nonce", "Cannot use a payment_method_nonce more than once."),
    "91732": ("payment_method_nonce", "Unknown or expired payment_method_nonce."),
    "91735": ("payment_method_nonce", "Cannot update a card with a payment_method_nonce of another kind."),
    "91739": ("verification_amount", "Verification amount cannot be negative."),
    "91740": ("verification_amount", "Verification amount is an invalid format."),
    "91757": ("verification_account_type", "Verification account type is invalid."),
    "91758": ("verification_account_type", "Merchant account does not support this verification account type."),
    "91803": ("country_name", "Country name is not an accepted country."),
    "91814": ("country_code_alpha2", "Country code (alpha2) is not an accepted country."),
    "91815": ("base", "Provided country information is inconsistent."),
    "91816": ("country_code_alpha3", "Country code (alpha3) is not an accepted country."),
    "91817": ("country_code_numeric", "Country code (numeric) is not an accepted country."),
    "92201": ("name", "Dynamic descriptor name format is invalid."),
    "92202": ("phone", "Dynamic descriptor phone format is invalid."),
    "92206": ("url", "Dynamic descriptor URL format is invalid."),
    "93103": ("payment_method_nonce", "Payment method nonce is required."),
    "93104": ("customer_id", "Customer ID is required."),
    "93105": ("customer_id", "Customer ID is invalid."),
    "93107": ("payment_method_nonce", "Cannot use a payment_method_nonce more than once."),
    "93108": ("payment_method_nonce", "Unknown or expired payment_method_nonce."),
    "94201": ("amount", "Amount cannot be negative."),
    "94202": ("amount", "Amount is an invalid format."),
    "94204": ("merchant_account_id", "Merchant account ID is invalid."),
    "91581": ("shipping_address_id", "Shipping address does not belong to the customer."),
    "94703": ("customer_location_zip", "Customer location zip has invalid characters."),
    "94705": ("customer_location_zip", "Customer location zip is too long."),
    "95801": ("commodity_code", "Commodity code is too long."),
    "95803": ("description", "Description is too long."),
    "95804": ("discount_amount", "Discount amount is an invalid format."),
    "95805": ("discount_amount", "Discount amount is too large."),
    "95806": ("discount_amount", "Discount amount cannot be negative."),
    "95807": ("kind", "Kind is invalid."),
    "95808": ("kind", "Kind is required."),
    "95809": ("product_code", "Product code is too long."),
    "95810": ("quantity", "Quantity is an invalid format."),
    "95811": ("quantity", "Quantity is required."),
    "95812": ("quantity", "Quantity is too large."),
    "95813": ("total_amount", "Total amount is an invalid format."),
    "95814": ("total_amount", "Total amount is required."),
    "95815": ("total_amount", "Total amount is too large."),
    "95816": ("total_amount", "Total amount must be greater than zero."),
    "95817": ("unit_amount", "Unit amount is an invalid format."),
    "95818": ("unit_amount", "Unit amount is required."),
    "95819": ("unit_amount", "Unit amount is too large."),
    "95820": ("unit_amount", "Unit amount must be greater than zero."),
    "95821": ("unit_of_measure", "Unit of measure is too long."),
    "95822": ("name", "Name is required."),
    "95823": ("name", "Name is too long."),
    "95824": ("unit_tax_amount", "Unit tax amount is an invalid format."),
    "95825": ("unit_tax_amount", "Unit tax amount is too large."),
    "95826": ("unit_tax_amount", "Unit tax amount cannot be negative."),
    "95827": ("tax_amount", "Tax amount is an invalid format."),
    "95828": ("tax_amount", "Tax amount is too large."),
    "95829": ("tax_amount", "Tax amount cannot be negative."),
    "95830": ("upc_code", "UPC code is required with a UPC type."),
    "95831": ("upc_code", "UPC code is too long."),
    "95832": ("upc_type", "UPC type is required with a UPC code."),
    "95833": ("upc_type", "UPC type is invalid."),
    "915133": ("transaction_source", "Transaction source is invalid."),
    "915157": ("line_items", "Too many line items."),
    "915159": ("discount_amount", "Discount amount is an invalid format."),
    "915160": ("discount_amount", "Discount amount cannot be negative."),
    "915161": ("discount_amount", "Discount amount is too large."),
    "915162": ("shipping_amount", "Shipping amount is an invalid format."),
    "915163": ("shipping_amount", "Shipping amount cannot be negative."),
    "915164": ("shipping_amount", "Shipping amount is too large."),
    "915165": ("ships_from_postal_code", "Ships from postal code may contain no more than 9 characters."),
    "915167": (
        "ships_from_postal_code",
        "Ships from postal code has invalid characters.",
    ),
    "915175": ("status", "External vault status is invalid."),
    "915177": ("status", "External vault status does not go with a previous network transaction ID."),
    "915179": ("previous_network_transaction_id", "Previous network transaction ID is invalid."),
    "915202": ("product_sku", "Product SKU is invalid."),
    "915203": ("shipping_method", "Shipping method is invalid."),
    "915204": ("phone_number", "Shipping phone number is invalid."),
    "915206": ("phone_number", "Billing phone number is invalid."),
    "915213": ("sca_exemption", "SCA exemption is invalid."),
    "915229": ("exchange_rate_quote_id", "Exchange rate quote ID is too long."),
    "915230": ("api_request_key", "API request key is too long."),
    "915231": ("api_request_key", "API request key is not allowed for this merchant."),
    "915232": ("api_request_key", "API request key can be reused only with the same request."),
    "915233": ("api_request_key", "The first request with this API request key is still in progress."),
    "915234": ("api_request_key", "The first request with this API request key failed."),
    "915265": ("processing_merchant_category_code", "Merchant category code is invalid."),
    "942184": ("account_type", "Account type is invalid."),
    "942185": ("account_type", "Merchant account does not support this account type."),
}


@dataclass(frozen=True, slots=True)
class Call:
    """One request of an authenticated merchant."""

    books: Books
    now: datetime  # UTC, whole seconds
    operation: str  # method and path below the merchant
    args: tuple[str, ...] = ()  # ids from the path
    root: str = ""
    params: Tree = field(default_factory=dict, repr=False)  # may hold a card number

    def section(self, *path: str) -> Tree:
        """A part of the parameters, empty where it is absent or not a group."""
        return section(self.params, *path)


def section(tree: Tree, *path: str) -> Tree:
    """A part of a tree, empty where it is absent or not a group."""
    for name in path:
        inner = tree.get(name)
        if not isinstance(inner, dict):
            return {}
        tree = inner
    return tree


def text(tree: Tree, name: str) -> str | None:
    """A text parameter, None where it is absent or something else than text."""
    value = tree.get(name)
    return value if isinstance(value, str) else None


def flag(tree: Tree, name: str) -> bool:
    """A boolean parameter; the text ``true`` counts, as clients send it."""
    return tree.get(name) in (True, "true")


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and, for most, a document. ``transaction_id`` is what a repeated api_request_key answers with."""

    status: int
    root: str = ""
    node: Any = None
    transaction_id: str | None = None
    spoiled_by: Fault | None = None  # a fault in sending it


Handler = Callable[[Call], Answer]
Route = tuple[str, str, Handler]  # method, pattern of the path below the merchant, handler
ID = "([A-Za-z0-9_-]+)"  # in a pattern: an id or a token


class NotFound(Exception):
    """404: no such thing for this merchant."""


class Refused(Exception):
    """422: the request breaks a rule; nothing was done."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class Problems:
    """Everything that is wrong with a request, by the object it belongs to."""

    def __init__(self) -> None:
        self._found: list[tuple[tuple[str, ...], str]] = []

    def add(self, code: str, *path: str) -> None:
        """One problem on the object at ``path``, e.g. ``add("81715", "transaction", "credit_card")``."""
        self._found.append((path, code))

    def __bool__(self) -> bool:
        return bool(self._found)

    def refuse(self, call: Call) -> None:
        """Raise Refused where anything was found; the request is echoed without number and security code."""
        if not self._found:
            return
        message = "\n".join(dict.fromkeys(PROBLEMS[code][1] for _, code in self._found))
        node: dict[str, Any] = {"errors": self._tree(), "message": message}
        if call.root:
            node["params"] = {call.root: echoed(call.params)}
        raise Refused(Answer(422, "api_error_response", node))

    def _tree(self) -> dict[str, Any]:
        top: dict[str, Any] = {}
        for path, code in self._found:
            level = top
            for name in path:
                level = level.setdefault(name, {})
            attribute, message = PROBLEMS[code]
            level.setdefault("errors", []).append(
                {"code": code, "attribute": Symbol(attribute), "message": message}
            )
        return _with_lists(top)


def refuse(call: Call, code: str, *path: str) -> None:
    """Refuse for one reason."""
    problems = Problems()
    problems.add(code, *path)
    problems.refuse(call)


def echoed(value: Any) -> Any:
    """A request's parameters as an answer may show them."""
    if isinstance(value, Mapping):
        return {name: echoed(inner) for name, inner in value.items() if name not in ("number", "cvv")}
    if isinstance(value, list):
        return Items("item", [echoed(inner) for inner in value])
    return value


def _with_lists(level: dict[str, Any]) -> dict[str, Any]:
    """Every level has its own list of errors, empty or not."""
    inner = {name: _with_lists(value) for name, value in level.items() if name != "errors"}
    return {"errors": Items("error", level.get("errors", [])), **inner}
