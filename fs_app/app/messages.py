"""Written messages, put together: their texts and who sends them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from fs_app.domain.contact import MessageKind
from fs_app.errors import ConfigError
from fs_app.messaging.console import ConsoleMessenger
from fs_app.messaging.http import HttpMessenger, HttpProvider
from fs_app.messaging.templates import ReceiptTemplates, load_templates
from fs_app.ports import Messenger
from fs_app.settings import MessagesSettings, ProviderSettings, Settings
from fs_app.yamlfile import Document


def open_messengers(part: MessagesSettings) -> dict[MessageKind, Messenger]:
    """Who sends what."""
    return {MessageKind.SMS: _messenger(part.sms), MessageKind.MAIL: _messenger(part.mail)}


def load_receipt_texts(settings: Settings) -> ReceiptTemplates:
    """The texts of receipts; ConfigError with every problem in their file."""
    part = settings.messages
    return load_templates(part.templates, part.language, ZoneInfo(settings.timezone))


def check_receipt_texts(settings: Settings, document: Document) -> None:
    """ConfigError with every problem, a default language that has no texts among them."""
    texts, language = load_receipt_texts(settings).texts, settings.messages.language
    if language not in texts:
        message, hint = f"no receipts in {language!r}", f"there are: {', '.join(texts)}"
        raise ConfigError([document.problem(("messages", "language"), message, hint)])


def _messenger(part: ProviderSettings) -> Messenger:
    if part.kind == "console" or part.url is None:
        return ConsoleMessenger()
    return HttpMessenger(
        HttpProvider(
            url=part.url.get_secret_value(),
            body=part.body,
            headers={name: value.get_secret_value() for name, value in part.headers.items()},
            connect_seconds=part.connect_seconds,
            read_seconds=part.read_seconds,
        )
    )
