"""The door: monkey-patching comes before every other import, then the command line.

gevent must replace sockets, ssl and threading before anything imports them, so the console script and
``python -m fs_app`` enter here and nowhere else.
"""

from __future__ import annotations

import gc

import gevent.events
from gevent import monkey

# What is loaded stays. To look for garbage in it, again and again while it grows, takes a fifth of the start.
gc.disable()
# gevent asks each installed package, once for each module that it patches, whether it has something to add: none
# has, and the question takes longer than the patching.
gevent.events.notify_and_call_entry_points = gevent.events.notify  # type: ignore[attr-defined]
monkey.patch_all()

from fs_app.cli import main  # noqa: E402

if __name__ == "__main__":
    main()
