"""FreeSWITCH's configuration: its files read as the switch reads them, every element with its file and line.

The switch puts its files together line by line before it parses them: ``X-PRE-PROCESS`` includes and sets, and
``$${name}``. The same is done here, keeping where each line came from, so that a finding can name the line to
change. What only the running switch knows (``exec-set``) stays unknown: its ``$${name}`` stands as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from lxml import etree

from fs_app.errors import ConfigError, Problem

_DIRECTIVE = re.compile(r"""<X-PRE-PROCESS\s+cmd\s*=\s*["']([a-z-]+)["']\s+data\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_VARIABLE = re.compile(r"\$\$\{([^}]+)\}")
_DEEPEST = 30


class Configuration:
    """A parsed configuration. ``place`` tells where an element stands: ``file:line``, or the running switch.
    ``variables`` are those of the switch itself that the files set: value and place."""

    def __init__(
        self,
        root: etree._Element,
        lines: list[tuple[str, int]],
        variables: Mapping[str, tuple[str, str]] | None = None,
    ) -> None:
        self._root = root
        self._lines = lines
        self.variables = variables or {}

    def place(self, element: etree._Element) -> str:
        """Where to change it."""
        line = int(element.sourceline or 0)
        if not 0 < line <= len(self._lines):
            return "the running switch"
        file, number = self._lines[line - 1]
        return f"{file}:{number}"

    def settings(self, name: str) -> dict[str, etree._Element]:
        """The params under ``settings`` of a module's configuration, e.g. ``switch.conf``, by name."""
        return params(next(self._root.iterfind(f".//configuration[@name='{name}']/settings"), None))

    def configuration(self, name: str) -> etree._Element | None:
        """A module's configuration, None where there is none."""
        return next(self._root.iterfind(f".//configuration[@name='{name}']"), None)

    def profiles(self) -> Iterator[tuple[str, dict[str, etree._Element]]]:
        """The SIP profiles: name and settings."""
        for profile in self._root.iterfind(".//configuration[@name='sofia.conf']/profiles/profile"):
            yield profile.get("name", "?"), params(profile.find("settings"))

    def modules(self) -> dict[str, etree._Element]:
        """The modules that are loaded at start."""
        loads = self._root.iterfind(".//configuration[@name='modules.conf']/modules/load")
        return {load.get("module", ""): load for load in loads}

    def elements(self, *tags: str) -> Iterator[etree._Element]:
        """Every element of these names."""
        yield from self._root.iter(*tags)

    def extensions(self) -> Iterator[etree._Element]:
        """Every extension of the dialplan."""
        yield from self._root.iterfind(".//section[@name='dialplan']//extension")


def params(settings: etree._Element | None) -> dict[str, etree._Element]:
    """``<param name="x" value="y"/>`` by name."""
    if settings is None:
        return {}
    return {param.get("name", ""): param for param in settings.iterfind("param")}


def value(settings: dict[str, etree._Element], name: str, otherwise: str = "") -> str:
    """A param's value."""
    return str(settings[name].get("value", "")) if name in settings else otherwise


def read_files(folder: Path) -> Configuration:
    """The configuration under ``freeswitch.xml``. ConfigError with its place where it cannot be read."""
    reader = _Reader(folder)
    reader.read(folder / "freeswitch.xml", 0)
    root = _parsed("\n".join(reader.text), reader.lines, str(folder))
    return Configuration(root, reader.lines, reader.variables)


def read_running(*sections: str) -> Configuration:
    """What ``xml_locate`` tells of the running switch, one text a section."""
    text = "".join(part[part.find("<") :] for part in sections if "<section" in part)
    return Configuration(_parsed(f"<document>{text}</document>", [], "the running switch"), [])


def _parsed(text: str, lines: list[tuple[str, int]], name: str) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    try:
        return etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError as error:
        file, line = lines[error.lineno - 1] if 0 < error.lineno <= len(lines) else (name, 0)
        raise ConfigError([Problem(file, line, error.offset or 0, f"not XML: {error.msg}")]) from None


class _Reader:
    """Puts the files together; ``lines`` tells of each line of ``text`` where it came from."""

    def __init__(self, folder: Path) -> None:
        self.text: list[str] = []
        self.lines: list[tuple[str, int]] = []
        self.variables: dict[str, tuple[str, str]] = {}
        self._folder = folder
        self._set = {"conf_dir": str(folder)}

    def read(self, path: Path, depth: int) -> None:
        """One file and what it includes."""
        try:
            content = path.read_text("utf-8", "replace")
        except OSError as error:
            raise ConfigError([Problem(str(path), 0, 0, f"cannot be read: {error.strerror}")]) from None
        if depth:  # an included file is a piece: its own head and its <include> are not part of the whole
            content = re.sub(r"<\?xml.*?\?>|</?include>", "", content)
        for number, line in enumerate(content.splitlines(), start=1):
            match = _DIRECTIVE.search(line)
            if match is None:
                self.text.append(self._expanded(line))
                self.lines.append((str(path), number))
            else:
                self._obey(
                    match[1], self._expanded(match[2] if match[2] is not None else match[3]), path, number, depth
                )

    def _obey(self, command: str, data: str, path: Path, number: int, depth: int) -> None:
        if command == "set":
            name, _, text = data.partition("=")
            self._set[name.strip()] = text
            self.variables[name.strip()] = (text, f"{path}:{number}")
        elif command == "exec-set":
            self._set.pop(data.partition("=")[0].strip(), None)
        elif command == "include" and depth < _DEEPEST:
            for found in sorted(path.parent.glob(data) if not data.startswith("/") else Path("/").glob(data[1:])):
                self.read(found, depth + 1)

    def _expanded(self, line: str) -> str:
        return _VARIABLE.sub(lambda match: self._set.get(match[1], match[0]), line)
