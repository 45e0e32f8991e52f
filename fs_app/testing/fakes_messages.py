"""In-memory stand-ins for what is sent in writing."""

from __future__ import annotations

from dataclasses import dataclass, field

from fs_app.ports import LinkRequest


@dataclass
class FakeLinks:
    """Implements `ports.Links` in a list; ``page`` is whether the operator has one."""

    page: bool = True
    sent: list[LinkRequest] = field(default_factory=list)

    def send(self, request: LinkRequest) -> bool:
        if self.page:
            self.sent.append(request)
        return self.page
