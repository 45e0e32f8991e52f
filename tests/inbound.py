"""A switch's own event socket that answers from a table: for who looks at a switch from outside."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from gevent import socket
from gevent.server import StreamServer

from fs_app.doctor.switch_checks import NEEDED
from fs_app.telephony.commands import APIS

STATUS = """UP 0 years, 0 days, 0 hours
0 session(s) per Sec out of max 100, peak 0, last 5min 0
1000 session(s) max
"""
DIALPLAN = (
    '<section name="dialplan"><context name="fs_app"><extension name="fs_app"><condition>'
    '<action application="sleep" data="${fs_app_pause}"/>'
    '<action application="set" data="socket_resume=true"/>'
    '<action application="set" data="hangup_after_bridge=true"/>'
    '<action application="set" data="transfer_ringback=%(2000,4000,440,480)"/>'
    '<action application="set" data="fifo_music=silence"/>'
    '<action application="set" data="min_dup_digit_spacing_ms=80"/>'
    '<action application="socket" data="127.0.0.1:8084 async full"/>'
    '<action application="set" data="fs_app_attempt=2"/><action application="socket" data="h:1 async full"/>'
    '<action application="set" data="fs_app_heard=${uuid_audio(${uuid} stop)}"/>'
    '<action application="playback" data="x"/><action application="callcenter" data="payments@default"/>'
    "</condition></extension></context></section>"
)
WELL: Mapping[str, str] = {
    "status": STATUS,
    "fsctl loglevel 4294967290": "+OK log level: INFO [6]",
    "callcenter_config queue list": (
        "name|strategy|abandoned_resume_allowed|max_wait_time|max_wait_time_with_no_agent\n"
        "payments@default|longest-idle-agent|false|900|5\n+OK"
    ),
    "callcenter_config queue list tiers payments@default": (
        "queue|agent|state|level|position\npayments@default|maria@default|Ready|1|1\n+OK"
    ),
    "callcenter_config agent list": (
        "name|contact|status|max_no_answer|reject_delay_time|busy_delay_time|no_answer_delay_time\n"
        "maria@default|[leg_timeout=20]user/201@pbx.example.org|Available|3|10|60|0\n+OK"
    ),
    "show api": "name,description,syntax,ikey\n" + "\n".join(f"{name},...,...,mod_commands" for name in APIS),
    "xml_locate configuration": '<section name="configuration"/>',
    "xml_locate dialplan": DIALPLAN,
    "global_getvar log_dir": "/nowhere",
    **{f"global_getvar bypass_media_after_{moment}": "-ERR no reply" for moment in ("bridge", "hold")},
    "global_getvar run_dir": "/nowhere",
    **{f"module_exists {name}": "true" for name in NEEDED},
}


class Client:
    """An event socket client whose switch answers from a table; `asked` is what it was asked, in order."""

    def __init__(self, **changed: str) -> None:
        self.answers = {**WELL, "strepoch": str(int(time.time())), **changed}
        self.asked: list[str] = []

    def api(self, command: str) -> str:
        self.asked.append(command)
        return self.answers[command]

    def close(self) -> None:
        pass


class InboundSocket:
    """Listens on a free port; ``answers`` can be changed while it runs, ``otherwise`` answers what is not there.
    ``lets_in`` are the passwords it takes; ``asked`` is what it was asked, in order."""

    def __init__(self, *lets_in: str) -> None:
        self.answers = dict(WELL)
        self.otherwise: Callable[[str], str] = lambda command: "-ERR command not found\n"
        self.asked: list[str] = []
        self.lets_in = lets_in
        self._server = StreamServer(("127.0.0.1", 0), self._serve)
        self._server.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._server.stop(timeout=0)

    def _serve(self, sock: socket.socket, address: object) -> None:
        sock.sendall(b"Content-Type: auth/request\n\n")
        stream = sock.makefile("rb")
        while line := stream.readline():
            verb, _, rest = line.decode().strip().partition(" ")
            if verb == "auth":
                reply = "+OK accepted" if rest in self.lets_in else "-ERR invalid"
                sock.sendall(f"Content-Type: command/reply\nReply-Text: {reply}\n\n".encode())
            elif verb == "api":
                self.asked.append(rest)
                body = (self.answers[rest] if rest in self.answers else self.otherwise(rest)).encode()
                sock.sendall(b"Content-Type: api/response\nContent-Length: %d\n\n%b" % (len(body), body))
