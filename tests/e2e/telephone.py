"""A telephone of its own: SIP and RTP by hand, for what FreeSWITCH as a caller cannot do: send each key as a tone
in the audio and as telephone-event, both at the same time."""

from __future__ import annotations

import math
import re
import socket
import struct
import time
from itertools import count
from uuid import uuid4

TONES = {
    key: (row, column)
    for row, keys in zip((697, 770, 852, 941), ("123", "456", "789", "*0#"), strict=True)
    for column, key in zip((1209, 1336, 1477), keys, strict=True)
}
EVENTS = {key: number for number, key in enumerate("0123456789*#")}
FRAME, RATE = 160, 8000  # samples of 20 ms
SILENCE = b"\xff" * FRAME
LOUDNESS = 6000


class Telephone:
    """One call from a user agent that offers telephone-event. Events of the switch know it by ``call_id``."""

    def __init__(self, sip_port: int, number: str) -> None:
        self.call_id = str(uuid4())
        self._sip, self._rtp = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        for one in (self._sip, self._rtp):
            one.bind(("127.0.0.1", 0))
        self._sip.settimeout(10)
        self._switch = ("127.0.0.1", sip_port)
        self._uri = f"sip:{number}@127.0.0.1:{sip_port}"
        self._to = f"<{self._uri}>"
        self._sequence, self._stamp = count(1), FRAME

    def dial(self) -> None:
        """Call, and wait until it is answered."""
        self._send("INVITE", 1, self._offer())
        answer = ""
        while not answer.startswith("SIP/2.0 200"):
            answer = self._sip.recv(65536).decode()
        self._to = re.search(r"(?m)^To: (.*?)\r$", answer)[1]
        self._uri = re.search(r"(?m)^Contact: <(.*?)>", answer)[1]
        self._media = ("127.0.0.1", int(re.search(r"m=audio (\d+)", answer)[1]))
        self._send("ACK", 1)
        self._answered = time.monotonic() - self._stamp / RATE

    def press(self, keys: str, milliseconds: int = 100) -> None:
        """Press keys, each for so long and as long between: the tone and the event begin together."""
        frames = milliseconds // 20
        for key in keys:
            began = self._stamp
            for number in range(frames):
                self._play(self._tone(key))
                last = number == frames - 1
                for _ in range(3 if last else 1):
                    event = struct.pack("!BBH", EVENTS[key], 0x80 * last | 10, self._stamp - began)
                    self._packet(101, event, began, first=number == 0)
            self.wait(frames)

    def wait(self, frames: int) -> None:
        """Say nothing for so many times 20 ms."""
        for _ in range(frames):
            self._play(SILENCE)

    def hang_up(self) -> None:
        self._send("BYE", 2)
        for one in (self._sip, self._rtp):
            one.close()

    # --- parts ---

    def _play(self, audio: bytes) -> None:
        self._packet(0, audio, self._stamp)
        self._stamp += FRAME
        due = self._answered + self._stamp / RATE
        time.sleep(max(0.0, due - time.monotonic()))  # what is late is caught up with

    def _packet(self, payload_type: int, payload: bytes, stamp: int, *, first: bool = False) -> None:
        head = struct.pack("!BBHII", 0x80, 0x80 * first | payload_type, next(self._sequence), stamp, 1)
        self._rtp.sendto(head + payload, self._media)

    def _tone(self, key: str) -> bytes:
        turns = [2 * math.pi * tone / RATE for tone in TONES[key]]
        samples = (sum(math.sin(turn * at) for turn in turns) for at in range(self._stamp, self._stamp + FRAME))
        return bytes(_mu_law(int(LOUDNESS * sample)) for sample in samples)

    def _offer(self) -> str:
        port = self._rtp.getsockname()[1]
        return (
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            f"m=audio {port} RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\n"
            "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n"
        )

    def _send(self, method: str, number: int, body: str = "") -> None:
        here = f"127.0.0.1:{self._sip.getsockname()[1]}"
        lines = [
            f"{method} {self._uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {here};branch=z9hG4bK{uuid4().hex}",
            f"From: <sip:14085550111@{here}>;tag=telephone",
            f"To: {self._to}",
            f"Call-ID: {self.call_id}",
            f"CSeq: {number} {method}",
            f"Contact: <sip:14085550111@{here}>",
            "Max-Forwards: 70",
            "Content-Type: application/sdp",
            f"Content-Length: {len(body)}",
        ]
        self._sip.sendto(("\r\n".join(lines) + "\r\n\r\n" + body).encode(), self._switch)


def _mu_law(sample: int) -> int:
    """ITU-T G.711."""
    sign, value = 0x80 * (sample < 0), min(abs(sample), 32635) + 0x84
    exponent = value.bit_length() - 8
    return ~(sign | exponent << 4 | value >> exponent + 3 & 0x0F) & 0xFF
