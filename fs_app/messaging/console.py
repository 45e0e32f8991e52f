"""Messages as lines of the log: for the demo, and until a provider is chosen. Nothing leaves the machine."""

from __future__ import annotations

import structlog

from fs_app.ports import Delivery, Message

_log = structlog.get_logger(__name__)


class ConsoleMessenger:
    """See `fs_app.ports.Messenger` for the contract."""

    def send(self, message: Message) -> Delivery:
        """Log the message as it would have been sent; it always arrives."""
        _log.info("message", to=str(message.to), subject=message.subject, text=message.text, key=message.key)
        return Delivery.SENT
