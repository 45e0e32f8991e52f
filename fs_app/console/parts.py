"""What the console's pages are made of: `fs_app.app.parts.Parts` has all of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from fs_app.console.desk_rules import DeskRules
from fs_app.console.live import Live
from fs_app.payments.dossier import Records
from fs_app.payments.refunds import RefundDesk
from fs_app.ports import Clock, Directory, Ledger, Links, Tasks
from fs_app.ports.console import DeskMessages, DeskView
from fs_app.ports.listening import Listening
from fs_app.ports.people import People
from fs_app.ports.switchboard import Switchboard
from fs_app.settings import Settings


class ConsoleParts(Protocol):
    """The parts that pages ask for; add what yours needs."""

    @property
    def settings(self) -> Settings: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def people(self) -> People: ...
    @property
    def directory(self) -> Directory: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def links(self) -> Links: ...
    @property
    def tasks(self) -> Tasks: ...
    @property
    def records(self) -> Records: ...
    @property
    def refund_desk(self) -> RefundDesk: ...
    @property
    def desk_view(self) -> DeskView: ...
    @property
    def desk_messages(self) -> DeskMessages: ...
    @property
    def switchboard(self) -> Switchboard: ...
    @property
    def listening(self) -> Listening: ...
    @property
    def desk_rules(self) -> Callable[[], DeskRules]: ...
    @property
    def live(self) -> Live: ...
