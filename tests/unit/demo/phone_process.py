"""Run by test_phone.py on a terminal of its own: a server with one question, and the phone."""

from gevent import monkey

monkey.patch_all()

import sys  # noqa: E402
import wave  # noqa: E402
from pathlib import Path  # noqa: E402

from rich.console import Console  # noqa: E402

from fs_app.demo.phone import run_phone  # noqa: E402
from fs_app.demo.phone_view import Side  # noqa: E402
from fs_app.domain.keys import Field, Verdict  # noqa: E402
from fs_app.domain.prompt import Manner, Prompt, say  # noqa: E402
from fs_app.ports import Tune, Utterance  # noqa: E402
from fs_app.telephony.channel import SwitchChannel  # noqa: E402
from fs_app.telephony.connect import ConnectInfo  # noqa: E402
from fs_app.telephony.server import CallServer  # noqa: E402
from fs_app.testing.switch import SimulatedSwitch, dialplan  # noqa: E402


class OneVoice:
    """Every phrase is half a second of silence."""

    languages = ("en",)

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def render(self, prompt: Prompt, language: str, manner: Manner = Manner.PLAIN) -> Utterance:
        files = []
        for phrase in prompt.phrases:
            files.append(self.folder / f"{phrase.name}.wav")
            with wave.open(str(files[-1]), "wb") as sound:
                sound.setparams((1, 2, 8000, 0, "NONE", ""))
                sound.writeframes(bytes(8000))
        return Utterance(tuple(files), "", 0.5 * len(files))

    def tune(self, tune: Tune) -> Utterance:
        return self.render(say(tune), "en")

    def gaps(self, phrase: str, language: str) -> frozenset[str]:
        return frozenset()


class Nobody:
    def call_started(self) -> None: ...
    def call_ended(self, outcome: str) -> None: ...
    def call_refused(self) -> None: ...

    def secret_refused(self, reason: str) -> None: ...
    def reacted(self, seconds: float) -> None: ...


ledger: list[str] = []


def one_question(channel: SwitchChannel, info: ConnectInfo) -> None:
    channel.answer()
    heard = channel.ask(say("question"), Field("pin", max_length=6))
    ledger.append(f"paid {heard.digits}" if heard.verdict is Verdict.ENTERED else str(heard.verdict))
    channel.play(say("thanks"))


def main() -> int:
    server = CallServer(
        ("127.0.0.1", 0),
        one_question,
        voice=OneVoice(Path(sys.argv[1])),
        language="en",
        queue="payments",
        limit=1,
        watcher=Nobody(),
    )
    server.start()
    side = Side(balance=lambda: "42.50 USD", payments=lambda: ledger, hints=("account 10001",))
    with SimulatedSwitch(dialplan([f"127.0.0.1:{server.port}"]), speed=1.0) as switch:
        return run_phone(switch, lambda path: f"This is {path.stem}.", side, console=Console())


if __name__ == "__main__":
    sys.exit(main())
