"""The door: monkey-patching comes before every other import, then the command line.

gevent must replace sockets, ssl and threading before anything imports them, so the console script and
``python -m fs_app`` enter here and nowhere else.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

from fs_app.cli import main  # noqa: E402

if __name__ == "__main__":
    main()
