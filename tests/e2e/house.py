"""A house that takes payments by telephone, with people in it: the product on a real FreeSWITCH, callers with an
account each, and agents with a telephone each. What they do reads as a call."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import gevent
from caller import Caller, account_of, telephone_of
from canary import traces
from paymentsite import Site
from sqlalchemy import Connection, insert

from fs_app.app.calls import Calls
from fs_app.app.parts import Parts
from fs_app.domain.handover import HandoverEnd, HandoverState, Reason
from fs_app.ports import DeskView
from fs_app.settings import load_settings
from fs_app.store.demo_data import DEMO_PIN
from fs_app.store.desk_tables import handovers
from fs_app.store.engine import Database
from fs_app.store.pins import hash_pin
from fs_app.store.tables import accounts, bills
from fs_app.testing.freeswitch import RealSwitch
from fs_app.testing.freeswitch_agents import TestAgent
from fs_app.testing.freeswitch_office import Office

CALLERS, DESKS = 60, 30

DESK, SHORT_WAIT, RECORDED, PAST = "desk", "short", "recorded", "past"
MOST_WAITING = 2  # in one queue
AGENTS = {
    "announce_seconds": 10,
    "most_waiting": MOST_WAITING,
    "destinations": {
        "extension": {"way": "extension", "target": "201@pbx"},
        "trunk": {"way": "trunk", "target": "office/202"},
        "fifo": {"way": "fifo", "target": "support"},
        "nowhere": {"way": "trunk", "target": "nobody/204"},
    },
}
PAYMENTS = {"velocity": {"card": {"attempts": None, "declines": None}}}
"""All callers of a house pay with one card: ten of them would be as many as it is good for in a day."""

KINDS = {DESK: 900, SHORT_WAIT: 6, RECORDED: 900, PAST: 900}
"""Queues by how many seconds a caller waits in them at most; those of one kind record their talks. The lines of the
last kind, and of the telephone of the directory, lead the sound of talks past the switch, unless we undo it."""

_SECONDS = 20.0
_COUNTED = re.compile(r"_(?:bytes|count|epoch|msec|port|sec|uepoch|usec)>")  # three digits of a record are no code

# The flow, the queue and the kind of line are in the number that is dialled.
_LINES = """<include>
  <extension name="lines whose talks would not go through the switch" continue="true">
    <condition field="destination_number" expression="^line-[a-z_]+-(past[0-9]+|extension)-">
      <action application="set" data="bypass_media=true"/>
      <action application="set" data="bypass_media_after_bridge=true"/>
      <action application="set" data="bypass_media_resume_on_hold=true"/>
      <action application="set" data="bypass_media_after_hold=true"/>
    </condition>
  </extension>
  <extension name="any flow, any queue, any line">
    <condition field="destination_number" expression="^line-([a-z_]+)-([a-z0-9]+)-(auto|inband)$">
      <action application="set" data="fs_app_flow=$1"/>
      <action application="set" data="fs_app_queue=$2"/>
      <action application="set" data="fs_app_language=en"/>
      <action application="set" data="fs_app_line=$3"/>
      <action application="set" data="force_transfer_context=desk"/>
      <action application="transfer" data="fs_app XML fs_app"/>
    </condition>
  </extension>
</include>
"""


class House:
    """Use as a context manager. ``chosen`` are the names of the tests of this run; ``settings`` go to every server,
    ``documents`` to the switch."""

    def __init__(
        self,
        folder: Path,
        chosen: Collection[str] = (),
        *,
        settings: Mapping[str, Any] | None = None,
        documents: Mapping[str, str] | None = None,
    ) -> None:
        self.chosen = chosen
        queues = {f"{kind}{number}": seconds for kind, seconds in KINDS.items() for number in range(DESKS)}
        recorded = [name for name in queues if name.startswith(RECORDED)]
        self.office = Office(folder / "office", queues, recorded=recorded)
        self.site = Site(
            folder,
            documents={**self.office.documents(), "dialplan/public/lines.xml": _LINES, **(documents or {})},
            settings={"agents": AGENTS, "payments": PAYMENTS, **(settings or {})},
        )
        self.parts = Parts(load_settings(self.site.settings(self.site.ports[0]))[0])
        self._numbers = count()
        self._desks = {kind: count() for kind in KINDS}
        self._owe()

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            undo.callback(self.site.gateway.stop)
            undo.callback(self.parts.close)
            undo.enter_context(self.switch)
            self.switch.api("fsctl loglevel info")
            for module in ("mod_fifo", "mod_xml_cdr"):
                assert self.switch.api(f"load {module}").startswith("+OK")
            self._undo = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._undo.close()

    @property
    def switch(self) -> RealSwitch:
        return self.site.switch

    @property
    def view(self) -> DeskView:
        """What the console sees."""
        return self.parts.desk_view

    def waits_for(
        self, condition: Callable[[], bool], instead: Callable[[], str], seconds: float = _SECONDS
    ) -> None:
        """Wait for what no event announces; AssertionError with what is there instead."""
        until = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < until, instead()
            gevent.sleep(0.05)

    def traces(self) -> list[str]:
        """What gives something of a card away in all that the switch told, wrote down and recorded of its calls,
        but for the callers' own telephones, and in the database."""
        records = [path.read_text(encoding="utf-8") for path in sorted(self.site.cdr.glob("*.xml"))]
        lines = [record for record in records if "fs_app_flow" in record]
        assert lines, "no call was recorded"
        dialled = set(re.findall("<digits_dialed>(.*?)</digits_dialed>", "".join(lines)))
        assert "none" in dialled, "of a caller who was let go it is what they dialled then"
        assert all(len(digits) == 1 for digits in dialled - {"none"}), dialled
        overheard = self.switch.overheard_of_lines()
        assert "PLAYBACK_START" in overheard
        with closing(sqlite3.connect(self.site.folder / "fs_app.sqlite")) as database:
            rows = "\n".join(database.iterdump())
        told = [line for record in records for line in record.split("\n") if not _COUNTED.search(line)]
        texts = {"event or log": overheard, "log file": self.switch.log_of_lines(), "record": "\n".join(told)}
        found = [f"{where}: {trace}" for where, text in texts.items() for trace in traces(text)]
        return found + [f"database: {trace}" for trace in traces(rows) if trace.startswith("card number")]

    @contextmanager
    def server(self, port: int = 0) -> Iterator[Calls]:
        """A server in this process, on the first of the ports that the dialplan knows, or on the second."""
        calls = Calls(load_settings(self.site.settings(self.site.ports[port]))[0])
        calls.start()
        try:
            yield calls
        finally:
            calls.stop()

    # --- people ---

    def agent(self, kind: str = DESK) -> TestAgent:
        """Somebody with a telephone, and a queue of that kind for herself."""
        return TestAgent(self.switch, self.office, f"{kind}{next(self._desks[kind])}")

    def numbered_agent(self, number: str) -> TestAgent:
        """Somebody with a telephone that has a number: of the directory (201), behind the trunk (202), or other."""
        return TestAgent(self.switch, self.office, number)

    def caller(self, queue: TestAgent | str, *, tones: bool = False, flow: str = "pay_balance") -> Caller:
        """Somebody who dials the line of that queue, from a telephone that is known for an account."""
        number = next(self._numbers)
        line, queue = "inband" if tones else "auto", queue if isinstance(queue, str) else queue.name
        call = self.switch.dial(f"line-{flow}-{queue}-{line}", caller_id=telephone_of(number), tones=tones)
        return Caller(self, call, number)

    def remembers_talks(self, queue: str, *, seconds: int) -> None:
        """Three talks of that queue lately, each as long."""
        at = self.parts.clock.now() - timedelta(minutes=30)
        row = {
            "call_uuid": "remembered",
            "queue": queue,
            "state": HandoverState.ENDED,
            "end": HandoverEnd.TALKED,
            "reason": Reason.ASKED,
            "context": "{}",
            "account_id": "",
            "caller_id": "",
            "language": "en",
            "created_at": at,
            "alive_at": at,
            "answered_at": at,
            "ended_at": at + timedelta(seconds=seconds),
        }
        rows = [{**row, "reference": f"{queue}{number}"} for number in range(3)]
        self._write(lambda connection: connection.execute(insert(handovers), rows))

    def _owe(self) -> None:
        """An account with a bill for each caller; each amount is its own."""
        pin = hash_pin(DEMO_PIN)
        owner = [
            {
                "id": f"caller-{number}",
                "number": account_of(number),
                "telephone": telephone_of(number),
                "pin_hash": pin,
            }
            for number in range(CALLERS)
        ]
        due = self.parts.clock.today() + timedelta(days=14)
        owed = [
            {
                "id": f"bill-{number}",
                "account_id": f"caller-{number}",
                "amount_minor": 5_100 + 7 * number,
                "currency": "USD",
                "due_date": due,
            }
            for number in range(CALLERS)
        ]

        self._write(lambda connection: connection.execute(insert(accounts), owner))
        self._write(lambda connection: connection.execute(insert(bills), owed))

    def _write(self, work: Callable[[Connection], object]) -> None:
        database = Database(self.site.database, 1, 10.0)
        database.write(work)
        database.close()
