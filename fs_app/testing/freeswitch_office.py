"""The exchange of an office, as documents for the configuration of a `RealSwitch`: a SIP profile of the exchange,
which lets its telephones transfer calls, one for the telephones, queues, a directory, a fifo and a trunk.

An agent whose name is a number of three digits is reached through these: ``user/201@pbx``,
``sofia/gateway/office/202``. A telephone records what it hears, and nothing that is said into it: one WAV of 8 kHz
for each call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from fs_app.testing.freeswitch import CONFIGURATION
from fs_app.testing.ports import free_sip_port

NEVER = "never"
_MUSIC = CONFIGURATION.parents[1] / "sounds" / "tunes" / "music.wav"  # for who is on hold
_PROFILE = """
    <profile name="{name}">
      <settings>
        <param name="sip-ip" value="127.0.0.1"/>
        <param name="rtp-ip" value="127.0.0.1"/>
        <param name="sip-port" value="{port}"/>
        <param name="context" value="{name}"/>
        <param name="dialplan" value="XML"/>
        <param name="auth-calls" value="false"/>
        <param name="disable-register" value="true"/>
        <param name="manage-presence" value="false"/>
        <param name="inbound-codec-prefs" value="PCMU,PCMA"/>
        <param name="outbound-codec-prefs" value="PCMU,PCMA"/>
        <param name="dtmf-type" value="rfc2833"/>
        <param name="rtp-timer-name" value="soft"/>
        <param name="sip-trace" value="no"/>
      </settings>{gateways}
    </profile>
"""
_GATEWAY = """
      <gateways>
        <gateway name="office">
          <param name="username" value="none"/>
          <param name="password" value="none"/>
          <param name="proxy" value="127.0.0.1:{port}"/>
          <param name="register" value="false"/>
        </gateway>
      </gateways>"""
_NOBODY = '<section name="directory" description="nobody registers here"/>'
_DIRECTORY = """<section name="directory">
    <domain name="pbx">
      <user id="201">
        <params>
          <param name="dial-string" value="sofia/desk/201@127.0.0.1:{port}"/>
        </params>
      </user>
    </domain>
  </section>"""
_FIFO = """<configuration name="fifo.conf">
  <settings/>
  <fifos/>
</configuration>
"""
_DIALPLAN = """<include>
  <context name="telephones">
    <extension name="an agent's telephone: it is never answered">
      <condition field="destination_number" expression="^[a-z0-9]+-never$">
        <action application="ring_ready"/>
        <action application="sleep" data="60000"/>
        <action application="hangup" data="NO_ANSWER"/>
      </condition>
    </extension>
    <extension name="an agent's telephone that has a number">
      <condition field="destination_number" expression="^([0-9]{{3}})$">
        <action application="ring_ready"/>
        <action application="transfer" data="$1-1000 XML telephones"/>
      </condition>
    </extension>
    <extension name="an agent's telephone: answered after so many milliseconds">
      <condition field="destination_number" expression="^([a-z0-9]+)-([0-9]+)$">
        <action application="ring_ready"/>
        <action application="sleep" data="$2"/>
        <action application="answer"/>
        <action application="set" data="RECORD_READ_ONLY=true"/>
        <action application="record_session" data="{folder}/$1-${{uuid}}.wav"/>
        <action application="park"/>
      </condition>
    </extension>
  </context>
  <context name="desk">
    <extension name="an agent calls, or transfers to, another one, who answers after so many milliseconds">
      <condition field="destination_number" expression="^([a-z0-9]+-[0-9]+)$">
        <action application="set" data="ringback=%(200,100,440)"/>
        <action application="bridge" data="sofia/desk/$1@127.0.0.1:{port}"/>
      </condition>
    </extension>
    <extension name="a machine that waits for nothing">
      <condition field="destination_number" expression="^deaf$">
        <action application="sleep" data="60000"/>
      </condition>
    </extension>
    <extension name="a machine that waits for a key, and hangs up">
      <condition field="destination_number" expression="^machine$">
        <action application="read" data="1 1 silence_stream://60000 fs_app_key 60000"/>
        <action application="hangup"/>
      </condition>
    </extension>
  </context>
</include>
"""
_QUEUE = """
    <queue name="{name}@default">
      <param name="strategy" value="longest-idle-agent"/>
      <param name="moh-sound" value="$${{fs_app_hold_music}}"/>
      <param name="time-base-score" value="system"/>
      <param name="tier-rules-apply" value="false"/>
      <param name="max-wait-time" value="{longest}"/>
      <param name="max-wait-time-with-no-agent" value="2"/>
      <param name="max-wait-time-with-no-agent-time-reached" value="2"/>{more}
    </queue>
"""
_RECORD = """
      <param name="record-template" value="{folder}/{name}-line-${{uuid}}.wav"/>"""


class Office:
    """The exchange of the agents, and their telephones. ``folder`` gets what they hear.

    ``queues`` each have a name and the seconds that a caller waits at most; those in ``recorded`` record their
    talks, as an operator may want it.
    """

    def __init__(self, folder: Path, queues: Mapping[str, int], *, recorded: Sequence[str] = ()) -> None:
        self.folder = folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.desk, self.telephones = free_sip_port(), free_sip_port()
        self._queues = queues
        self._recorded = recorded

    def documents(self) -> dict[str, str]:
        """Documents of the configuration, by path."""
        return {
            "autoload_configs/sofia.conf.xml": self._with_profiles(),
            "autoload_configs/callcenter.conf.xml": self._with_queues(),
            "autoload_configs/fifo.conf.xml": _FIFO,
            "freeswitch.xml": self._with_directory(),
            "dialplan/telephones.xml": _DIALPLAN.format(folder=self.folder, port=self.telephones),
        }

    def contact(self, name: str, answers: float | str, leg_timeout: int) -> str:
        """Where an agent is reached who answers after so many seconds, or `NEVER`."""
        after = answers if isinstance(answers, str) else round(answers * 1000)
        variables = f"leg_timeout={leg_timeout},hold_music={_MUSIC}"
        return f"[{variables}]sofia/desk/{name}-{after}@127.0.0.1:{self.telephones}"

    def recordings(self, name: str) -> list[Path]:
        """What that agent heard, a file for each call, the oldest first."""
        found = [path for path in self.folder.glob(f"{name}-*.wav") if not path.name.startswith(f"{name}-line-")]
        return sorted(found, key=lambda path: path.stat().st_mtime)

    def line_recordings(self, queue: str) -> list[Path]:
        """What a queue recorded of its talks."""
        return sorted(self.folder.glob(f"{queue}-line-*.wav"))

    def _with_profiles(self) -> str:
        text = (CONFIGURATION / "autoload_configs" / "sofia.conf.xml").read_text(encoding="utf-8")
        gateway = _GATEWAY.format(port=self.telephones)
        profiles = _PROFILE.format(name="desk", port=self.desk, gateways=gateway)
        profiles += _PROFILE.format(name="telephones", port=self.telephones, gateways="")
        return text.replace("</profiles>", f"{profiles}</profiles>")

    def _with_directory(self) -> str:
        text = (CONFIGURATION / "freeswitch.xml").read_text(encoding="utf-8")
        return text.replace(_NOBODY, _DIRECTORY.format(port=self.telephones))

    def _with_queues(self) -> str:
        text = (CONFIGURATION / "autoload_configs" / "callcenter.conf.xml").read_text(encoding="utf-8")
        queues = ""
        for name, longest in self._queues.items():
            more = _RECORD.format(folder=self.folder, name=name) if name in self._recorded else ""
            queues += _QUEUE.format(name=name, longest=longest, more=more)
        return text.replace("</queues>", f"{queues}</queues>")
