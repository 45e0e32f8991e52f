"""What the console's pages are made of: `fs_app.app.parts.Parts` has all of it."""

from __future__ import annotations

from typing import Protocol

from fs_app.ports import Clock, Directory, Ledger, Links
from fs_app.ports.people import People
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
