"""conf/messages.yaml: what a payer reads, per language and kind of message, as SMS and as mail.

A text has gaps, e.g. ``{amount}``. One about a payment must have ``{confirmation}``, one about an agreement
``{agreement}``: the number that was spoken in the call. One with a link must have ``{link}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_currency
from pydantic import BaseModel, ConfigDict

from fs_app import yamlfile
from fs_app.domain.bank_account import WRITTEN
from fs_app.domain.contact import MessageKind
from fs_app.domain.gaps import fill, gaps
from fs_app.domain.money import Money
from fs_app.errors import ConfigError, Problem
from fs_app.ports import Message, Receipt, ReceiptKind
from fs_app.yamlfile import Document, Place, did_you_mean

_RECEIPT = ("amount", "confirmation", "account", "last_four", "brand", "date")
_AGREEMENT = ("agreement", "account", "last_four", "brand", "date")
_GAPS: dict[ReceiptKind, tuple[str, ...]] = {
    ReceiptKind.AGREED: (*_AGREEMENT, "terms"),
    ReceiptKind.ANNOUNCED: (*_AGREEMENT, "amount", "due", "day"),
    ReceiptKind.DECLINED: (*_AGREEMENT, "amount", "due", "day"),
    ReceiptKind.FAILED: (*_AGREEMENT, "amount", "due"),
    ReceiptKind.STOPPED: (*_AGREEMENT, "amount", "due"),
    ReceiptKind.CANCELLED: _AGREEMENT,
    ReceiptKind.LINK: ("link", "account", "amount", "date"),
}
"""The gaps of messages about an agreement, and of a link; every other kind has those of a receipt."""
_TOLD = "it is the number the caller was told"
_NEEDED = {ReceiptKind.LINK: ("link", "it is where the payer is sent")}
_BRANDS = {
    "amex": "American Express",
    "diners": "Diners Club",
    "discover": "Discover",
    "jcb": "JCB",
    "maestro": "Maestro",
    "mastercard": "Mastercard",
    "unionpay": "UnionPay",
    "visa": "Visa",
}
_BANK_ACCOUNT = {"ar": "حساب مصرفي", "en": "bank account", "es": "cuenta bancaria", "tr": "banka hesabı"}
_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " "})  # one of these makes an SMS twice as dear


class Mail(BaseModel):
    """The mail of one kind of receipt."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: str
    text: str


class Texts(BaseModel):
    """One kind of receipt in one language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sms: str
    mail: Mail


@dataclass(frozen=True, slots=True)
class ReceiptTemplates:
    """The texts of every language. ``language`` is the one for payers whose own has none."""

    texts: Mapping[str, Mapping[ReceiptKind, Texts]]
    language: str
    zone: ZoneInfo

    def message(self, receipt: Receipt) -> Message:
        """The receipt as it is sent; the same at every try."""
        language = self._nearest(receipt.language)
        texts, values = self.texts[language][receipt.kind], self._values(receipt, language)
        key = f"{_origin(receipt)}-{receipt.id}"
        if receipt.to.kind is MessageKind.SMS:
            return Message(receipt.to, fill(texts.sms, values), key)
        return Message(receipt.to, fill(texts.mail.text, values), key, fill(texts.mail.subject, values))

    def _nearest(self, language: str) -> str:
        wanted = (language, language.partition("_")[0])
        return next((each for each in wanted if each in self.texts), self.language)

    def _values(self, receipt: Receipt, language: str) -> dict[str, str]:
        day, news = receipt.created_at.astimezone(self.zone).date(), receipt.news
        common = {"amount": written(receipt.amount, language), "date": _day(day, language)}
        if news is not None:
            return common | {
                "agreement": news.number,
                "account": news.account_id,
                "last_four": news.last_four,
                "brand": _method(news.brand, language),
                "terms": news.terms,
                "due": _day(news.due_on, language),
                "day": _day(news.next_on, language),
            }
        if receipt.link is not None:
            return common | {"account": receipt.link.account_id, "link": receipt.link.url}
        assert receipt.payment is not None
        return common | {
            "confirmation": receipt.payment.confirmation,
            "account": receipt.payment.request.account_id,
            "last_four": receipt.payment.request.last_four,
            "brand": _method(receipt.payment.request.brand, language),
        }


def _origin(receipt: Receipt) -> str:
    """What makes the key of a message ours alone."""
    if receipt.payment is not None:
        return receipt.payment.order_id
    return "link" if receipt.news is None else f"agreement-{receipt.news.number}"


def _method(brand: str, language: str) -> str:
    """The brand of a card or the name of a bank, as it is written; a bank whose name is not known has none."""
    unnamed = _BANK_ACCOUNT.get(language.partition("_")[0], _BANK_ACCOUNT["en"])
    return _BRANDS.get(brand) or WRITTEN.get(brand) or brand or unnamed


def _day(day: date | None, language: str) -> str:
    return "" if day is None else format_date(day, locale=language).translate(_SPACES)


def written(money: Money, language: str) -> str:
    """``$42.50``, ``42,50 US$``: as people of that language write it, and never rounded."""
    text: str = format_currency(money.decimal(), money.currency, locale=language, decimal_quantization=False)
    return text.translate(_SPACES)


def load_templates(path: Path, language: str, zone: ZoneInfo) -> ReceiptTemplates:
    """The checked texts; ConfigError with every mistake in the file. Whether ``language`` is among them is for the
    caller to say, who knows where it was chosen."""
    document = yamlfile.read(path)
    if not isinstance(document.data, dict) or not document.data:
        raise ConfigError([document.problem((), "should hold languages, e.g. en: {paid: {sms: ..., mail: ...}}")])
    problems: list[Problem] = []
    texts = {name: _language(document, name, problems) for name in document.data}
    if problems:
        raise ConfigError(problems)
    return ReceiptTemplates(texts, language, zone)


def _language(document: Document, name: str, problems: list[Problem]) -> dict[ReceiptKind, Texts]:
    """The texts of one language; what is wrong with them is added to ``problems``."""
    try:
        Locale.parse(name)
    except (UnknownLocaleError, ValueError):
        problems.append(document.problem((name,), f"no language is called {name!r}", "e.g. en, es_MX", at_key=True))
    kinds = document.data[name]
    if not isinstance(kinds, dict):
        problems.append(document.problem((name,), "this should hold the kinds of receipts, e.g. paid"))
        return {}
    known = [kind.value for kind in ReceiptKind]
    for kind in kinds:
        if kind not in known:
            hint = did_you_mean(kind, known) or f"known here: {', '.join(known)}"
            problems.append(document.problem((name, kind), f"unknown key {kind!r}", hint, at_key=True))
    found: dict[ReceiptKind, Texts] = {}
    for each in ReceiptKind:
        if each.value not in kinds:
            problems.append(document.problem((name,), f"{each.value!r} is missing here", at_key=True))
            continue
        texts = _texts(document, (name, each.value), kinds[each.value], each, problems)
        if texts is not None:
            found[each] = texts
    return found


def _texts(
    document: Document, place: Place, data: object, kind: ReceiptKind, problems: list[Problem]
) -> Texts | None:
    try:
        texts = yamlfile.validate(document, Texts, place, {} if data is None else data)
    except ConfigError as error:
        problems += error.problems
        return None
    for where, text in (
        (("sms",), texts.sms),
        (("mail", "subject"), texts.mail.subject),
        (("mail", "text"), texts.mail.text),
    ):
        for message, hint in _complaints(text, kind, is_subject=where[-1] == "subject"):
            problems.append(document.problem((*place, *where), message, hint))
    return texts


def _complaints(text: str, kind: ReceiptKind, *, is_subject: bool) -> list[tuple[str, str]]:
    try:
        named = gaps(text)
    except ValueError as error:
        return [(str(error), "")]
    known = _GAPS.get(kind, _RECEIPT)
    found = [
        (f"nothing is called {{{name}}} here", did_you_mean(name, known) or f"known: {', '.join(known)}")
        for name in sorted(named - set(known))
    ]
    if is_subject and "\n" in text:
        found.append(("a subject is one line", ""))
    needed, why = _NEEDED.get(kind, ("agreement" if kind in _GAPS else "confirmation", _TOLD))
    if not is_subject and needed not in named:
        found.append((f"{{{needed}}} is missing", why))
    if not is_subject and kind is ReceiptKind.AGREED and "terms" not in named:
        found.append(("{terms} is missing", "the payer gets a copy of what they agreed to"))
    return found
