"""The switch as a thing to look at: what ``fs-app doctor`` and the console ask. Calls need none of it."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from fs_app.settings.values import Address, Location, Part, Secret


class SwitchSettings(Part):
    """FreeSWITCH's own event socket and its configuration files."""

    event_socket: Address = Field(("127.0.0.1", 8021), description="listen-ip and listen-port of event_socket.conf")
    others: tuple[Address, ...] = Field(
        (),
        description="event sockets of further switches, with the same password: the console tells agents' states",
    )
    password: Secret | None = Field(None, description="without one the running switch is not asked")
    configuration: Location = Field(Path("/etc/freeswitch"), description="the folder of freeswitch.xml")

    @property
    def event_sockets(self) -> tuple[tuple[str, int], ...]:
        """Every switch's."""
        return self.event_socket, *self.others
