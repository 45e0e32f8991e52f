"""What somebody has begun to write is theirs: no call that rings takes it away."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from fs_app.domain.handover import HandoverEnd
from fs_app.ports import CallbackRequest
from fs_app.ports.people import User
from tests.consolekit import DeskWorker, RunningConsole

Opened = Callable[..., Page]


def test_a_call_that_rings_waits_for_who_writes_how_a_call_back_went(
    console: RunningConsole, opened: Opened, maria: User, worker: DeskWorker, another: DeskWorker
) -> None:
    worker.hand_over()
    console.parts.desk.call_back(CallbackRequest(worker.uuid, worker.queue, "+15550100088", "en", worker.id))
    worker.end(HandoverEnd.CALL_BACK)
    page = opened(maria)
    page.goto("/agent")
    section = page.get_by_role("region", name="Calls back")
    section.get_by_role("button", name="I call them").click()
    section.get_by_label("How it went").fill("They pay on")
    another.hand_over().ring()
    link = page.get_by_role("region", name="Your calls").get_by_role("link", name="Account 10001")
    expect(link).to_be_visible()
    expect(section.get_by_label("How it went")).to_have_value("They pay on")
    section.get_by_label("How it went").press_sequentially(" Friday")
    section.get_by_role("button", name="Done").click()
    expect(section.get_by_text("Nobody waits to be called back.")).to_be_visible()
    closed = console.parts.desk_view.callbacks(closed=True)
    assert [each.note for each in closed] == ["They pay on Friday"]
    another.talk()
    expect(page.get_by_role("heading", level=1)).to_have_text("Account 10001")
