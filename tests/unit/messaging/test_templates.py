"""The texts of receipts: the shipped ones are right, and every mistake is told with its place."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from fs_app.domain.agreement import AgreementId
from fs_app.domain.bank_account import BANKS, WRITTEN
from fs_app.domain.booking import News
from fs_app.domain.card import BRANDS
from fs_app.domain.contact import Contact, MessageKind
from fs_app.domain.means import MeansKind
from fs_app.domain.money import Money
from fs_app.domain.payment import OrderId, Payment, PaymentId, PaymentRequest, PaymentState
from fs_app.errors import ConfigError
from fs_app.messaging.templates import ReceiptTemplates, load_templates, written
from fs_app.ports import AgreementNews, PayLink, Receipt, ReceiptKind, ReceiptState

SHIPPED = Path(__file__).parents[3] / "conf" / "messages.yaml"
NEW_YORK = ZoneInfo("America/New_York")
SMS, MAIL = Contact.parse("sms:+15550100001"), Contact.parse("mail:10001@example.org")
AMOUNT = Money(123_450, "USD")
REQUEST = PaymentRequest("call", "10001", "bill", AMOUNT, "visa", "1111", receipt_to=SMS)
AT = datetime(2026, 3, 15, 2, 30, tzinfo=UTC)  # still the 14th in New York
PAYMENT = Payment(PaymentId(7), OrderId("0d5f"), "12345674", PaymentState.SUBMITTED, REQUEST, AT)
RECEIPT = Receipt(3, ReceiptKind.PAID, PAYMENT, AMOUNT, SMS, "en", ReceiptState.WAITING, 0, AT)
NEWS = AgreementNews(
    AgreementId(5), "20000004", "10001", "visa", "1111", "You will pay $50.00 on May 1, 2026.",
    due_on=date(2026, 5, 1), next_on=date(2026, 5, 4),
)  # fmt: skip
MESSAGE = replace(RECEIPT, payment=None, news=NEWS)
URL = "https://pay.example.org/10001"
LINK = replace(RECEIPT, kind=ReceiptKind.LINK, payment=None, link=PayLink("10001", URL))
OF_AGREEMENTS = [ReceiptKind(kind) for kind in News]
OF_PAYMENTS = [kind for kind in ReceiptKind if kind not in [*OF_AGREEMENTS, ReceiptKind.LINK]]
LANGUAGES = ["en", "es", "tr", "ar"]
GSM = re.compile(r"[A-Za-z0-9 @£$¥èéùìòÇØøÅåÆæßÉ!\"#¤%&'()*+,\-./:;<=>?¡ÄÖÑÜ§¿äöñüà_€\n]*")


@pytest.fixture(scope="module")
def texts() -> ReceiptTemplates:
    return load_templates(SHIPPED, "en", NEW_YORK)


def test_a_message_has_an_address_a_text_and_a_key(texts: ReceiptTemplates) -> None:
    message = texts.message(RECEIPT)
    assert message.text == (
        "We received your payment of $1,234.50 for account 10001 on Mar 14, 2026 (Visa ending 1111)."
        " Confirmation 12345674. Thank you."
    )
    assert (message.to, message.key, message.subject) == (SMS, "0d5f-3", "")


def test_a_mail_has_a_subject(texts: ReceiptTemplates) -> None:
    message = texts.message(replace(RECEIPT, to=MAIL, language="es"))
    assert message.subject == "Su pago de 1.234,50 US$: comprobante 12345674"
    assert "Fecha:                  14 mar 2026\n" in message.text
    assert "Número de comprobante:  12345674\n" in message.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", list(ReceiptKind))
@pytest.mark.parametrize("to", [SMS, MAIL])
def test_every_text_carries_the_number_that_was_spoken_or_the_link(
    texts: ReceiptTemplates, language: str, kind: ReceiptKind, to: Contact
) -> None:
    about = LINK if kind is ReceiptKind.LINK else MESSAGE if kind in OF_AGREEMENTS else RECEIPT
    told = {LINK: URL, MESSAGE: NEWS.number, RECEIPT: PAYMENT.confirmation}[about]
    message = texts.message(replace(about, kind=kind, language=language, to=to))
    assert told in message.text
    assert bool(message.subject) == (to.kind is MessageKind.MAIL)
    assert not re.search("[{}]", message.text + message.subject)
    if to is SMS and language in ("en", "es"):
        assert GSM.fullmatch(message.text)
        assert len(message.text) <= 2 * 153


def test_what_is_told_of_an_agreement(texts: ReceiptTemplates) -> None:
    message = texts.message(replace(MESSAGE, kind=ReceiptKind.DECLINED, amount=Money(5000, "USD")))
    assert message.text == (
        "The payment of $50.00 due May 1, 2026 for account 10001 was not accepted by your Visa ending 1111."
        " We will try again on May 4, 2026. Agreement 20000004."
    )
    assert message.key == "agreement-20000004-3"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("to", [SMS, MAIL])
def test_a_payer_gets_a_copy_of_what_they_agreed_to(texts: ReceiptTemplates, language: str, to: Contact) -> None:
    message = texts.message(replace(MESSAGE, kind=ReceiptKind.AGREED, language=language, to=to))
    assert NEWS.terms in message.text


@pytest.mark.parametrize(
    ("asked", "opening"),
    [("en_GB", "We received"), ("es_MX", "Hemos recibido"), ("fr", "We received"), ("", "We received")],
)
def test_the_nearest_language(texts: ReceiptTemplates, asked: str, opening: str) -> None:
    assert texts.message(replace(RECEIPT, language=asked)).text.startswith(opening)


def test_the_language_for_all_others_is_the_settings(texts: ReceiptTemplates) -> None:
    other = replace(texts, language="es")
    assert other.message(replace(RECEIPT, language="fr")).text.startswith("Hemos recibido")


@pytest.mark.parametrize(
    ("money", "language", "text"),
    [
        (Money(4250, "USD"), "en", "$42.50"),
        (Money(4250, "EUR"), "es", "42,50 €"),
        (Money(500, "JPY"), "en", "¥500"),
        (Money(1234, "KWD"), "es", "1,234 KWD"),
        (Money(1500, "IQD"), "es", "1,5 IQD"),  # Babel would make it 2
    ],
)
def test_amounts_as_people_write_them_never_rounded(money: Money, language: str, text: str) -> None:
    assert written(money, language) == text


def test_every_brand_has_a_name(texts: ReceiptTemplates) -> None:
    for brand in BRANDS:
        receipt = replace(RECEIPT, payment=replace(PAYMENT, request=replace(REQUEST, brand=brand.name)))
        assert f"({brand.name} " not in texts.message(receipt).text


@pytest.mark.parametrize(
    ("bank", "language", "name"),
    [
        ("chase", "en", "Chase ending 0000"),
        ("m_and_t", "en", "M&T Bank ending 0000"),
        ("", "en", "bank account ending 0000"),
        ("", "es_MX", "cuenta bancaria que termina en 0000"),
    ],
)
def test_a_bank_account_has_the_name_of_its_bank(
    texts: ReceiptTemplates, bank: str, language: str, name: str
) -> None:
    request = replace(REQUEST, means=MeansKind.BANK, brand=bank, last_four="0000")
    receipt = replace(RECEIPT, kind=ReceiptKind.RETURNED, payment=replace(PAYMENT, request=request))
    assert f"({name})" in texts.message(replace(receipt, language=language)).text


def test_every_bank_has_a_name_as_it_is_written() -> None:
    assert set(WRITTEN) == set(BANKS.values())
    assert all(re.fullmatch(r"[A-Z][A-Za-z.&]*( [A-Z][A-Za-z.&]*| of)*", name) for name in WRITTEN.values())


def test_a_value_is_never_a_template(texts: ReceiptTemplates) -> None:
    request = replace(REQUEST, account_id="{confirmation}{nothing}")
    message = texts.message(replace(RECEIPT, payment=replace(PAYMENT, request=request)))
    assert "{confirmation}{nothing}" in message.text


def problems(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "messages.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_templates(path, "en", NEW_YORK)
    return [str(problem).removeprefix(f"{tmp_path}/messages.yaml:") for problem in caught.value.problems]


GOOD = 'sms: "{confirmation}", mail: {subject: "s", text: "{confirmation}"}'
KNOWN = GOOD.replace("{confirmation}", "{agreement} {terms}")
TOLD = GOOD.replace("{confirmation}", "{agreement}")
AGREEMENTS = f"  agreed: {{{KNOWN}}}\n" + "".join(f"  {kind}: {{{TOLD}}}\n" for kind in OF_AGREEMENTS[1:])
AGREEMENTS += "  link: {" + GOOD.replace("{confirmation}", "{link}") + "}\n"
REST = "".join(f"  {kind}: {{{GOOD}}}\n" for kind in OF_PAYMENTS if kind is not ReceiptKind.PAID) + AGREEMENTS


def test_every_mistake_at_once_with_its_place(tmp_path: Path) -> None:
    paid = """\
en:
  paid:
    sms: "Paid {ammount}, {confirmation"
    mail:
      subject: "Paid {ammount}"
      text: "Paid {amount}"
  payd: {}
  not_paid: no
# agreements
tlh_QQ:
  paid:
    sms: "{confirmation}"
    male: {}
"""
    paid = paid.replace("# agreements\n", AGREEMENTS) + AGREEMENTS
    assert problems(tmp_path, paid) == [
        "1:1: 'refunded' is missing here",
        "1:1: 'returned' is missing here",
        "1:1: 'voided' is missing here",
        "3:10: a gap is a name in braces, e.g. {amount}",
        "5:16: nothing is called {ammount} here; did you mean 'amount'?",
        "6:13: {confirmation} is missing; it is the number the caller was told",
        "7:3: unknown key 'payd'; did you mean 'paid'?",
        "8:13: this should be lines of `key: value`",
        "16:1: 'not_paid' is missing here",
        "16:1: 'refunded' is missing here",
        "16:1: 'returned' is missing here",
        "16:1: 'voided' is missing here",
        "16:1: no language is called 'tlh_QQ'; e.g. en, es_MX",
        "18:5: 'mail' is missing here",
        "19:5: unknown key 'male'; did you mean 'mail'?",
    ]


@pytest.mark.parametrize(
    ("paid", "expected"),
    [
        ("", ["2:8: 'mail' is missing here", "2:8: 'sms' is missing here"]),
        ('{sms: "{confirmation}", mail: {subject: "a\\nb", text: "{confirmation}"}}',
         ["2:49: a subject is one line"]),
        ('{sms: "{confirmation.real}", mail: {subject: "", text: "{confirmation}"}}',
         ["2:15: a gap is a name in braces, e.g. {amount}"]),
        ('{sms: ["{confirmation}"], mail: {subject: "", text: "{confirmation}"}}',
         ["2:15: sms: this should be text"]),
    ],
)  # fmt: skip
def test_a_mistake(tmp_path: Path, paid: str, expected: list[str]) -> None:
    assert problems(tmp_path, f"en:\n  paid: {paid}\n{REST}") == expected


@pytest.mark.parametrize(
    ("kind", "good", "bad", "expected"),
    [
        ("agreed", KNOWN, TOLD, "{terms} is missing; the payer gets a copy of what they agreed to"),
        ("declined", TOLD, GOOD, "{agreement} is missing; it is the number the caller was told"),
        ("cancelled", TOLD, TOLD.replace('"{agreement}"', '"{agreement} {due}"'), "nothing is called {due} here"),
    ],
)
def test_a_mistake_in_what_is_told_of_an_agreement(
    tmp_path: Path, kind: str, good: str, bad: str, expected: str
) -> None:
    texts = f"en:\n  paid: {{{GOOD}}}\n{REST}".replace(f"  {kind}: {{{good}}}", f"  {kind}: {{{bad}}}")
    assert any(expected in problem for problem in problems(tmp_path, texts))


@pytest.mark.parametrize("text", ["", "- en\n", "en\n"])
def test_a_file_that_holds_no_languages(tmp_path: Path, text: str) -> None:
    (found,) = problems(tmp_path, text)
    assert "should hold languages" in found


def test_a_language_that_holds_nothing(tmp_path: Path) -> None:
    assert problems(tmp_path, "en: hello\n") == ["1:5: this should hold the kinds of receipts, e.g. paid"]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read the file"):
        load_templates(tmp_path / "none.yaml", "en", NEW_YORK)
