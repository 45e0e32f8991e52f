"""Every flow as a new caller walks it, on a real FreeSWITCH: transcripts, key by key, with the shipped recordings.

The calls of a language are up at the same time, in two rounds. The suite walks some of them in English; for all of
them say ``FS_APP_WALK=en,es,tr,ar``: the transcripts of other languages end with it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest
import yaml
from paymentsite import ROOT

from fs_app.app.calls import Calls
from fs_app.app.parts import SystemClock
from fs_app.errors import CallEnded
from fs_app.gateways.sandbox.server import SandboxServer
from fs_app.settings import load_settings
from fs_app.store.demo_data import insert_demo_data
from fs_app.store.engine import Database
from fs_app.store.schema import migrate
from fs_app.testing.freeswitch import RealSwitch
from fs_app.testing.freeswitch_call import TestCall
from fs_app.testing.ports import free_port
from fs_app.testing.transcript import SAYS, SILENCE, Line, Transcript, matches, read_transcript
from fs_app.testing.transcript_play import booked
from tests.world import save_visa

pytestmark = pytest.mark.freeswitch

TRANSCRIPTS = ROOT / "tests" / "transcripts"
TOGETHER = ("utility", "card_saved", "rent", "hospital_bill", "fine_early", "renewal", "appointment_confirmed",
            "gift_to_all", "debt", "later_full_balance")  # fmt: skip
APART = ("paid_in_full", "pay_for_another", "bank_debit", "gift_monthly")  # they pay what another of the calls pays
SHORT = ("rent", "hospital_bill", "fine_early", "appointment_confirmed", "pay_for_another")
LANGUAGES = os.environ.get("FS_APP_WALK", "en").split(",")
ROUNDS = [TOGETHER, APART] if "FS_APP_WALK" in os.environ else [SHORT]
YES = ROOT / "sounds" / "en" / "brand_visa.wav"  # any words: what is said is heard by people
SECONDS = 45.0  # the longest prompt, and the time of the first key

# The flow and the language are in the number that is dialled.
FLOWS = """<include>
  <extension name="any flow in any language">
    <condition field="destination_number" expression="^flow-([a-z_]+)-([a-z]{2})$">
      <action application="set" data="fs_app_flow=$1"/>
      <action application="set" data="fs_app_language=$2"/>
      <action application="set" data="fs_app_line=auto"/>
      <action application="transfer" data="fs_app XML fs_app"/>
    </condition>
  </extension>
</include>
"""


class Walk:
    """The product with demo accounts of its own, and a switch that leads to every flow."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self.said = folder / "said"
        self.gateway = SandboxServer()
        self.gateway.start()
        url = f"sqlite:///{folder}/fs_app.sqlite"
        database = Database(url, 1, 10.0)
        migrate(database)
        insert_demo_data(database, SystemClock("UTC").today())
        database.close()
        settings = folder / "fs_app.yaml"
        content = {
            # What a pause between keys means is tested elsewhere: here a machine that pauses cuts no answer short.
            "calls": {"listen": f"127.0.0.1:{port}", "grace_seconds": 0, "inter_key_seconds": 10},
            "gateway": {"kind": "local", "listen": f"127.0.0.1:{self.gateway.port}"},
            "database": {"url": url},
            "metrics": f"127.0.0.1:{free_port()}",
            "callers": {"keep_days": 0},
            "messages": {
                "templates": str(ROOT / "conf" / "messages.yaml"),
                "pay_link": "https://pay.example.org/{account}?bill={bill}",
            },
            "flows": str(ROOT / "conf" / "flows"),
            "sounds": str(ROOT / "sounds"),
            "recordings": str(self.said),
        }
        settings.write_text(yaml.safe_dump(content), encoding="utf-8")
        self.calls = Calls(load_settings(settings)[0])
        self.switch = RealSwitch(
            folder / "freeswitch",
            [f"127.0.0.1:{port}"],
            ROOT / "sounds",
            documents={"dialplan/public/flows.xml": FLOWS},
        )

    def walk(self, transcript: Transcript, language: str) -> None:
        """Dial, and go through the transcript; AssertionError where a prompt is another one."""
        flow = transcript.variables.get("fs_app_flow", "pay_balance")
        if "saved" in transcript.world:
            save_visa(self.calls.parts, transcript.world["saved"])
        call = self.switch.dial(f"flow-{flow}-{language}", caller_id=transcript.caller.removeprefix("+"))
        for number, line in enumerate(transcript.dialogue):
            if line.sign == "<<":
                self._hear(call, line, transcript)
            elif SAYS.fullmatch(line.text):
                call.waits_until("RECORD_START", seconds=2 * SECONDS)
                gevent.sleep(0.5)
                self.switch.api(f"uuid_broadcast {call.caller} {YES}")
            elif line.text != SILENCE:
                gevent.sleep(0.3 + 0.01 * number)
                call.press(line.text)
        call.waits_for_end(SECONDS)

    def _hear(self, call: TestCall, line: Line, transcript: Transcript) -> None:
        try:
            files = call.next_prompt(SECONDS)
        except CallEnded as ended:
            raise AssertionError(f"{transcript.file}:{line.number}: {ended} instead of {line}") from None
        said = " ".join(self.calls.parts.voice.text_of(path) for path in files)
        assert matches(line.text, said), f"{transcript.file}:{line.number}: {line}\nheard: {said}"


@pytest.fixture
def walk(tmp_path: Path) -> Iterator[Walk]:
    made = Walk(tmp_path)
    made.calls.start()
    try:
        with made.switch:
            made.switch.api("fsctl loglevel info")
            yield made
    finally:
        made.calls.stop()
        made.gateway.stop()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("names", ROUNDS)
def test_a_new_caller_walks_every_flow(walk: Walk, language: str, names: tuple[str, ...]) -> None:
    ending = "" if language == "en" else f"_{language}"
    transcripts = [read_transcript(TRANSCRIPTS / f"{name}{ending}.txt") for name in names]
    walks = [gevent.spawn(walk.walk, transcript, language) for transcript in transcripts]
    gevent.joinall(walks, timeout=400)
    for each in walks:
        each.get(timeout=1)
    expected = sorted(line.text for each in transcripts for line in each.results if line.text.startswith("paid "))
    assert sorted(booked(walk.calls.parts.ledger.payments())) == expected
    spoken = [line for each in transcripts for line in each.dialogue if SAYS.fullmatch(line.text)]
    assert len(list(walk.said.glob("*.wav"))) == len(spoken)
