"""The parts of the console alone: no other role loads them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from zoneinfo import ZoneInfo

from fs_app.app.desk_rules import kept_fresh
from fs_app.app.parts import Parts
from fs_app.console.customers import Customers
from fs_app.console.desk_rules import DeskRules
from fs_app.console.live import Live
from fs_app.console.look import Lookout
from fs_app.ports.console import DeskMessages
from fs_app.ports.listening import Listening
from fs_app.ports.switchboard import Switchboard
from fs_app.store.desk_messages import SqlDeskMessages
from fs_app.telephony.listening import EventSocketListening
from fs_app.telephony.switchboard import EventSocketSwitchboard


class DeskParts(Parts):
    """See `fs_app.console.parts.ConsoleParts`."""

    @cached_property
    def desk_messages(self) -> DeskMessages:
        return SqlDeskMessages(self.database, self.clock)

    @cached_property
    def switchboard(self) -> Switchboard:
        return EventSocketSwitchboard(self.settings.switch.event_sockets, self._switch_password)

    @cached_property
    def listening(self) -> Listening:
        return EventSocketListening(self.settings.switch.event_sockets, self._switch_password)

    @property
    def _switch_password(self) -> str | None:
        password = self.settings.switch.password
        return None if password is None else password.get_secret_value()

    @cached_property
    def desk_rules(self) -> Callable[[], DeskRules]:
        return kept_fresh(self.settings)

    @cached_property
    def live(self) -> Live:
        accounts = Customers(self.ledger, self.desk_view, self.links)
        zone = ZoneInfo(self.settings.timezone)
        lookout = Lookout(
            self.desk_view, self.desk_messages, self.switchboard, self.people.users, accounts, self.clock, zone
        )
        return Live(lookout, self.people.sessions)
