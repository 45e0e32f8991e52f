"""Our call server with its channel: deadlines, private keypad, guard, pulse and all; the call script instead of a
flow."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from gevent import monkey

monkey.patch_all()

import gevent  # noqa: E402

from fs_app.app.garbage import Collector  # noqa: E402
from fs_app.app.roles import settle  # noqa: E402
from fs_app.bench.peers import script  # noqa: E402
from fs_app.domain.keys import Field  # noqa: E402
from fs_app.domain.prompt import Manner, Prompt, say  # noqa: E402
from fs_app.metrics import Metrics  # noqa: E402
from fs_app.ports import Tune, Utterance  # noqa: E402
from fs_app.telephony.channel import SwitchChannel  # noqa: E402
from fs_app.telephony.connect import ConnectInfo  # noqa: E402
from fs_app.telephony.server import CallServer  # noqa: E402

_FIELD = Field("digits", 4, 4, secret=False)
_PROMPT, _QUESTION = say("prompt"), say("question")


class Prompts:
    """A voice of two phrases."""

    languages: Sequence[str] = ("en",)

    def __init__(self) -> None:
        self._said = {
            name: Utterance((Path(path),), name, 1.0)
            for name, path in (("prompt", script.PROMPT), ("question", script.QUESTION))
        }

    def gaps(self, phrase: str, language: str) -> frozenset[str] | None:
        """No phrase has gaps."""
        return frozenset() if phrase in self._said else None

    def render(self, prompt: Prompt, language: str, manner: Manner = Manner.PLAIN) -> Utterance:
        """One file."""
        return self._said[prompt.phrases[0].name]

    def tune(self, tune: Tune) -> Utterance:
        """None is played."""
        return self._said["prompt"]


def play_script(channel: SwitchChannel, _info: ConnectInfo) -> None:
    """The call."""
    channel.answer()
    for _ in range(script.ROUNDS):
        for _ in range(script.PROMPTS):
            channel.play(_PROMPT)
        channel.ask(_QUESTION, _FIELD)


def main(port: int, _kind: str) -> None:
    """Serve for ever."""
    server = CallServer(
        ("127.0.0.1", port),
        play_script,
        voice=Prompts(),
        language="en",
        queue="payments",
        limit=100_000,
        watcher=Metrics(),
    )
    server.start()
    settle()
    Collector(lambda: server.active).start()
    gevent.sleep(1e9)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
