"""The settings turned into messengers and texts."""

from __future__ import annotations

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from fs_app.app.messages import check_receipt_texts, open_messengers
from fs_app.domain.contact import Contact, MessageKind
from fs_app.errors import ConfigError
from fs_app.messaging.console import ConsoleMessenger
from fs_app.messaging.http import HttpMessenger
from fs_app.ports import Delivery, Message
from fs_app.settings import load_settings

TEMPLATES = Path(__file__).parents[3] / "conf" / "messages.yaml"
HTTP = "{kind: http, url: 'http://127.0.0.1:1/', body: {to: '{to}', text: '{text}'}}"


def test_each_kind_of_message_has_its_own_provider(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(f"messages: {{mail: {HTTP}}}\n")
    messengers = open_messengers(load_settings(path)[0].messages)
    assert isinstance(messengers[MessageKind.SMS], ConsoleMessenger)
    assert isinstance(messengers[MessageKind.MAIL], HttpMessenger)


def test_the_log_shows_the_message_whole() -> None:
    with capture_logs() as log:
        sent = ConsoleMessenger().send(Message(Contact.parse("sms:+15550100001"), "Paid.", "key"))
    assert sent is Delivery.SENT
    assert (log[0]["to"], log[0]["text"]) == ("sms:+15550100001", "Paid.")


@pytest.mark.parametrize(
    ("part", "complaint"),
    [
        (
            f"{{templates: {TEMPLATES}, language: fr}}",
            "site.yaml:1:{column}: no receipts in 'fr'; there are: en, es, tr, ar",
        ),
        ("{templates: none.yaml}", "none.yaml: cannot read the file: No such file or directory"),
    ],
)
def test_texts_that_are_not_there_are_found_at_start(tmp_path: Path, part: str, complaint: str) -> None:
    path = tmp_path / "site.yaml"
    text = f"messages: {part}\n"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        check_receipt_texts(*load_settings(path))
    column = text.find("fr}") + 1
    assert str(caught.value) == f"{tmp_path}/{complaint.format(column=column)}"


def test_the_shipped_texts_and_settings_belong_together() -> None:
    check_receipt_texts(*load_settings(TEMPLATES.with_name("fs_app.yaml")))
