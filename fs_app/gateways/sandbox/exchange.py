"""What goes through a handler: the call it is given, the answer it returns, and the two ways to refuse.

A handler is ``def name(call: Call) -> Answer``. It never yields to another greenlet between reading and writing
the books, so it needs no locks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fs_app.gateways.sandbox.codes import PROBLEMS
from fs_app.gateways.sandbox.xml import Items, Symbol, Tree

if TYPE_CHECKING:
    from fs_app.gateways.sandbox.faults import Fault
    from fs_app.gateways.sandbox.store import Books


@dataclass(frozen=True, slots=True)
class Call:
    """One request of an authenticated merchant."""

    books: Books
    now: datetime  # UTC, whole seconds
    operation: str  # method and path below the merchant
    args: tuple[str, ...] = ()  # ids from the path
    root: str = ""
    params: Tree = field(default_factory=dict, repr=False)  # may hold a card number
    query: str = field(default="", repr=False)  # what follows the path's question mark

    def section(self, *path: str) -> Tree:
        """A part of the parameters, empty where it is absent or not a group."""
        return section(self.params, *path)


def section(tree: Tree, *path: str) -> Tree:
    """A part of a tree, empty where it is absent or not a group."""
    for name in path:
        inner = tree.get(name)
        if not isinstance(inner, dict):
            return {}
        tree = inner
    return tree


def text(tree: Tree, name: str) -> str | None:
    """A text parameter, None where it is absent or something else than text."""
    value = tree.get(name)
    return value if isinstance(value, str) else None


def texts(tree: Tree) -> dict[str, str | None]:
    """A group with its texts only."""
    return {name: text(tree, name) for name in tree}


def flag(tree: Tree, name: str) -> bool:
    """A boolean parameter; the text ``true`` counts, as clients send it."""
    return tree.get(name) in (True, "true")


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and, for most, a document. ``transaction_id`` is what a repeated api_request_key answers with."""

    status: int
    root: str = ""
    node: Any = None
    transaction_id: str | None = None
    spoiled_by: Fault | None = None  # a fault in sending it


Handler = Callable[[Call], Answer]
Route = tuple[str, str, Handler]  # method, pattern of the path below the merchant, handler
ID = "([A-Za-z0-9_-]+)"  # in a pattern: an id or a token


class NotFound(Exception):
    """404: no such thing for this merchant."""


class Refused(Exception):
    """422: the request breaks a rule; nothing was done."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class Problems:
    """Everything that is wrong with a request, by the object it belongs to."""

    def __init__(self) -> None:
        self._found: list[tuple[tuple[str, ...], str]] = []

    def add(self, code: str, *path: str) -> None:
        """One problem on the object at ``path``, e.g. ``add("81715", "transaction", "credit_card")``."""
        self._found.append((path, code))

    def __bool__(self) -> bool:
        return bool(self._found)

    @property
    def codes(self) -> tuple[str, ...]:
        """The validation codes of what was found, in its order."""
        return tuple(code for _, code in self._found)

    def refuse(self, call: Call) -> None:
        """Raise Refused where anything was found; the request is echoed without number and security code."""
        if not self._found:
            return
        message = "\n".join(dict.fromkeys(PROBLEMS[code][1] for _, code in self._found))
        node: dict[str, Any] = {"errors": self._tree(), "message": message}
        if call.root:
            node["params"] = {call.root: echoed(call.params)}
        raise Refused(Answer(422, "api_error_response", node))

    def _tree(self) -> dict[str, Any]:
        top: dict[str, Any] = {}
        for path, code in self._found:
            level = top
            for name in path:
                level = level.setdefault(name, {})
            attribute, message = PROBLEMS[code]
            level.setdefault("errors", []).append(
                {"code": code, "attribute": Symbol(attribute), "message": message}
            )
        return _with_lists(top)


def refuse(call: Call, code: str, *path: str) -> None:
    """Refuse for one reason."""
    problems = Problems()
    problems.add(code, *path)
    problems.refuse(call)


def echoed(value: Any) -> Any:
    """A request's parameters as an answer may show them."""
    if isinstance(value, Mapping):
        return {name: echoed(inner) for name, inner in value.items() if name not in ("number", "cvv")}
    if isinstance(value, list):
        return Items("item", [echoed(inner) for inner in value])
    return value


def _with_lists(level: dict[str, Any]) -> dict[str, Any]:
    """Every level has its own list of errors, empty or not."""
    inner = {name: _with_lists(value) for name, value in level.items() if name != "errors"}
    return {"errors": Items("error", level.get("errors", [])), **inner}
