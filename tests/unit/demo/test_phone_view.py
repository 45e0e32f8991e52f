"""What is beside the phone can be read."""

from __future__ import annotations

import io

from rich.console import Console

from fs_app.demo.phone_view import PhoneView, Side

ADDRESS = "http://127.0.0.1:45239/an-address-that-is-longer-than-its-column"


def test_an_address_is_shown_to_its_end() -> None:
    terminal = Console(width=80, file=(written := io.StringIO()))
    terminal.print(PhoneView(lambda path: "").render(Side(lambda: "", tuple, (ADDRESS,)), height=24))
    beside = (line.strip("│ ").rpartition("│")[2].strip() for line in written.getvalue().splitlines())
    assert ADDRESS in "".join(part.removeprefix("try").strip() for part in beside)
