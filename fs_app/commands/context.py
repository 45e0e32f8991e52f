"""What every command may need."""

from __future__ import annotations

from pathlib import Path

from fs_app.log import configure_logging
from fs_app.settings import Settings, load_settings
from fs_app.yamlfile import Document


class Context:
    """What every command may need: the settings, loaded once and with their problems told."""

    def __init__(self, config: Path) -> None:
        self.config = config
        self._loaded: tuple[Settings, Document] | None = None

    @property
    def settings(self) -> Settings:
        return self.load()[0]

    @property
    def control(self) -> Path:
        """The socket on which ``fs-app serve`` is asked: one for each settings file, so that several may run."""
        return self.settings.run / f"{self.config.resolve().stem}.sock"

    def load(self) -> tuple[Settings, Document]:
        """The settings and the document they came from, so that later checks can point into it."""
        if self._loaded is None:
            self._loaded = load_settings(self.config)
            configure_logging(self._loaded[0].log.level, self._loaded[0].log.style)
        return self._loaded
