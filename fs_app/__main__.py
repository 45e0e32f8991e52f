"""The door: monkey-patching comes before every other import, then the command line.

gevent must replace sockets, ssl and threading before anything imports them, so the console script and
``python -m fs_app`` enter here and nowhere else. It is also where a start is kept short: what libraries look for
while they are loaded, and cannot find here, takes a quarter of it.
"""

from __future__ import annotations

import gc
import os
import sys

import gevent.events
from gevent import monkey

# What is loaded stays: nobody looks for garbage in it, again and again while it grows. The command line sees to it
# that somebody does once a command is loaded.
gc.disable()
# gevent and pydantic ask each installed package whether it adds something to them, gevent once for each module that
# it patches. None does.
gevent.events.notify_and_call_entry_points = gevent.events.notify  # type: ignore[attr-defined]
os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
monkey.patch_all()

sys.modules["rich"] = None  # type: ignore[assignment]  # structlog would load it for tracebacks with local variables
from fs_app.cli import main  # noqa: E402

del sys.modules["rich"]

if __name__ == "__main__":
    main()
