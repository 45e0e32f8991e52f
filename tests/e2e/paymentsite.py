"""The whole product on a real FreeSWITCH: server, local gateway and database, recordings as shipped."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from fs_app.app.parts import SystemClock
from fs_app.gateways.sandbox.server import SandboxServer
from fs_app.store.demo_data import insert_demo_data
from fs_app.store.engine import Database
from fs_app.store.schema import migrate
from fs_app.testing.freeswitch import RealSwitch
from fs_app.testing.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
XML_CDR = """<configuration name="xml_cdr.conf">
  <settings>
    <param name="log-dir" value="{folder}"/>
    <param name="log-b-leg" value="true"/>
    <param name="encode" value="false"/>
  </settings>
</configuration>
"""

RECORDED_NUMBER = "15550003333"
RECORDED = """<include>
  <extension name="a number whose calls are recorded from the beginning">
    <condition field="destination_number" expression="^15550003333$">
      <action application="answer"/>
      <action application="set" data="RECORD_STEREO=true"/>
      <action application="record_session" data="{folder}/${{uuid}}.wav"/>
      <action application="set" data="fs_app_flow=pay_balance"/>
      <action application="set" data="fs_app_line=auto"/>
      <action application="transfer" data="fs_app XML fs_app"/>
    </condition>
  </extension>
</include>
"""


class Site:
    """Two application servers that may run, and the switch that knows both. ``documents`` go to its configuration,
    ``settings`` to those of the servers."""

    def __init__(
        self,
        folder: Path,
        *,
        documents: Mapping[str, str] | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.folder = folder
        self._settings = settings or {}
        self.ports = free_port(), free_port()
        self.cdr = folder / "cdr"
        self.cdr.mkdir()
        self.recordings = folder / "recordings"
        self.recordings.mkdir()
        self.gateway = SandboxServer()
        self.gateway.start()
        self.database = f"sqlite:///{folder}/fs_app.sqlite"
        database = Database(self.database, 1, 10.0)
        migrate(database)
        insert_demo_data(database, SystemClock("UTC").today())
        database.close()
        hosts = [f"127.0.0.1:{port}" for port in self.ports]
        self.switch = RealSwitch(
            folder / "freeswitch",
            hosts,
            ROOT / "sounds",
            second_hosts=hosts[::-1],
            debug=True,
            documents={
                "autoload_configs/xml_cdr.conf.xml": XML_CDR.format(folder=self.cdr),
                "dialplan/public/recorded.xml": RECORDED.format(folder=self.recordings),
                **(documents or {}),
            },
        )

    def settings(self, port: int) -> Path:
        """A settings file for a server on that port."""
        path = self.folder / f"fs_app_{port}.yaml"
        content: dict[str, Any] = {
            "calls": {"listen": f"127.0.0.1:{port}", "grace_seconds": 0},
            "gateway": {"kind": "local", "listen": f"127.0.0.1:{self.gateway.port}"},
            "database": {"url": self.database},
            "metrics": f"127.0.0.1:{free_port()}",
            "callers": {"keep_days": 0},  # the same words in every call
            "messages": {"templates": str(ROOT / "conf" / "messages.yaml")},
            "flows": str(ROOT / "conf" / "flows"),
            "sounds": str(ROOT / "sounds"),
            **self._settings,
        }
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
        return path


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
