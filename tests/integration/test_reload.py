"""Changed flows, lines and phrases are taken up for new calls; wrong ones are refused and the old ones stay."""

from __future__ import annotations

import logging
import shutil
import time
import wave
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest

from fs_app.app import reload
from fs_app.app.programme import Prints, prints
from fs_app.log import configure_logging
from fs_app.testing.switch import SimulatedSwitch, dialplan
from fs_app.testing.transcript import Transcript
from tests.phones import Phone, until
from tests.world import Prepared, World

WELCOME = "Thank you for calling."
PATIENCE = 30.0


class Changing(World):
    """A world whose files are looked at ten times a second."""

    def _settings(self, prepared):
        settings = super()._settings(prepared)
        return settings.model_copy(update={"calls": settings.calls.model_copy(update={"reload_seconds": 0.1})})


class Site:
    def __init__(self, world: World, switch: SimulatedSwitch, files: Prepared) -> None:
        self.world, self.switch, self.files = world, switch, files
        self.flow = files.flows / "pay_balance.yaml"

    @property
    def refused(self) -> bool:
        return bool(self.world.metrics_value("fs_app_programme_refused"))

    def greeting(self) -> str:
        """The first words of a new call."""
        phone = Phone(self, self.switch)
        phone.go_on(stop_at=self.flow_starts_with)
        phone.call.hang_up()
        return phone.said[0]

    flow_starts_with = "welcome"

    @property
    def voice(self):
        return self.world.calls._programme.voice

    def change(self, path: Path, old: str, new: str) -> None:
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def runs_another(self, before: object) -> None:
        until(lambda: self.world.calls._programme is not before, PATIENCE)


@pytest.fixture
def site(tmp_path: Path, prepared: Prepared, patience: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    looks: list[Prints] = []
    monkeypatch.setattr(reload, "prints", lambda *files, **how: looks.append(prints(*files, **how)) or looks[-1])
    files = Prepared(
        Path(shutil.copytree(prepared.sounds, tmp_path / "sounds")),
        Path(shutil.copytree(prepared.flows, tmp_path / "flows")),
        prepared.database,
    )
    world = Changing(tmp_path, files, Transcript("no transcript"))
    handlers = logging.getLogger().handlers[:]
    configure_logging("info", stream=world.log)
    world.calls.start()
    try:
        with SimulatedSwitch(dialplan([f"127.0.0.1:{world.calls.server.port}"])) as switch:
            until(lambda: len(looks) >= 2, PATIENCE)  # what is changed from now on differs from what is known
            yield Site(world, switch, files)
    finally:
        world.close()
        logging.getLogger().handlers[:] = handlers


def programme(site: Site) -> object:
    return site.world.calls._programme


def test_a_changed_flow_is_for_the_next_call_and_not_for_the_one_that_is_up(site):
    before = programme(site)
    up = Phone(site, site.switch, {})
    up.go_on(stop_at="enter_account_number")
    site.change(site.flow, "say: welcome", "say: [goodbye, welcome]")
    site.runs_another(before)
    assert site.greeting().startswith("Thank you for calling. Goodbye.")
    up.call.press("10001#")
    up.go_on(stop_at="enter_pin")
    up.call.hang_up()
    assert "programme_taken" in site.world.log.getvalue()


def test_a_broken_flow_is_refused_with_its_place_and_mended_it_is_taken(site):
    before = programme(site)
    site.change(site.flow, "do: tell_balance", "do: tell_balanse")
    until(lambda: site.refused, PATIENCE)
    assert programme(site) is before
    assert site.greeting().startswith(WELCOME)
    said = site.world.log.getvalue()
    assert "programme_refused" in said
    assert "pay_balance.yaml:" in said and "did you mean 'tell_balance'?" in said
    site.change(site.flow, "do: tell_balanse", "do: tell_balance")
    until(lambda: not site.refused, PATIENCE)


def test_a_changed_part_changes_every_flow_that_names_it(site):
    before = programme(site)
    site.change(site.files.flows / "parts" / "person.yaml", "say: no_agent_available", "say: goodbye")
    site.runs_another(before)
    said = programme(site).flows["rent"].nodes["nobody"].step.phrases()
    assert [each.phrase for each in said] == ["goodbye"]


def test_a_changed_phrase_is_heard_with_its_recording(site):
    before = programme(site)
    recording = site.files.sounds / "en" / "welcome.wav"
    with wave.open(str(recording), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(16_000))
    site.change(site.files.sounds / "phrases.yaml", '  welcome: "Thank you for calling.', '  welcome: "Hello.')
    site.runs_another(before)
    assert site.greeting().startswith("Hello.")
    assert site.voice.seconds_of(recording.resolve()) == 1.0


def test_a_recording_that_is_gone_is_refused(site):
    before = programme(site)
    (site.files.sounds / "en" / "goodbye.wav").unlink()
    until(lambda: site.refused, PATIENCE)
    assert programme(site) is before
    assert "goodbye.wav" in site.world.log.getvalue()


def test_a_line_that_changes_is_taken_and_a_wrong_one_refused(site):
    before = programme(site)
    lines = site.world.settings.lines
    lines.write_text("lines: {gifts: {flow: donate}}\n")
    site.runs_another(before)
    assert programme(site).lines["gifts"].flow == "donate"
    lines.write_text("lines: {gifts: {flow: donut}}\n")
    until(lambda: site.refused, PATIENCE)
    assert programme(site).lines["gifts"].flow == "donate"


def test_what_is_being_written_is_waited_for(site):
    before = programme(site)
    whole = site.flow.read_text(encoding="utf-8")
    for end in (len(whole) // 3, len(whole) // 2, len(whole) - 10):
        site.flow.write_text(whole[:end], encoding="utf-8")
        gevent.sleep(0.08)
    site.flow.write_text(whole.replace("say: welcome", "say: goodbye", 1), encoding="utf-8")
    site.runs_another(before)
    assert not site.refused
    assert "programme_refused" not in site.world.log.getvalue()


def test_the_hub_goes_on_while_a_programme_is_proved(site):
    """The longest that another greenlet waits, in the time that this process computes: a machine that is busy, or
    stands still, adds nothing."""
    waits: list[float] = []

    def watch() -> None:
        while True:
            began = time.process_time()
            gevent.sleep(0.001)
            waits.append(time.process_time() - began)

    watcher = gevent.spawn(watch)
    before = programme(site)
    site.change(site.flow, "say: welcome", "say: [goodbye, welcome]")
    site.runs_another(before)
    watcher.kill()
    assert max(waits) < 1.0
    print(f"longest stall while a programme was proved: {1000 * max(waits):.1f} ms")
