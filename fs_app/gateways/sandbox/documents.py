"""POST /document_uploads: a document as evidence. Of it the gateway keeps name, kind and size, not its content."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import parse_form_data

from fs_app.gateways.sandbox.exchange import Answer, Call, Problems, Route, text
from fs_app.gateways.sandbox.store import new_id
from fs_app.gateways.sandbox.xml import MalformedXml, Tree

LARGEST = 4 * 1024 * 1024
MAX_BYTES = 5 * 1024 * 1024  # of the request; what is larger is not read at all
_MOST_PAGES = 50

# What a file of each type begins and ends with.
_TYPES: Mapping[str, tuple[bytes, bytes]] = {
    "image/png": (b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"),
    "image/jpeg": (b"\xff\xd8\xff", b"\xff\xd9"),
    "application/pdf": (b"%PDF-", b"%%EOF"),
}
_PAGE = re.compile(rb"/Type\s*/Page\b")


@dataclass(frozen=True, slots=True)
class Document:
    """A document that was uploaded."""

    id: str
    kind: str
    name: str
    content_type: str
    size: int


def is_form(content_type: str) -> bool:
    """True for a request that carries a file and not XML."""
    return content_type.startswith("multipart/form-data")


def read_form(content_type: str, body: bytes) -> tuple[str, Tree]:
    """A request with a file as root and parameters, as XML would give them. MalformedXml."""
    environ = {"CONTENT_TYPE": content_type, "CONTENT_LENGTH": str(len(body)), "wsgi.input": BytesIO(body)}
    try:
        _, form, files = parse_form_data(environ)
    except RequestEntityTooLarge:  # of a field that is no file
        raise MalformedXml("not a form for a document") from None
    return "document_upload", {"kind": form.get("document_upload[kind]"), "file": files.get("file")}


def upload(call: Call) -> Answer:
    """Check a document and keep what is known of it."""
    file, problems = call.params.get("file"), Problems()
    kind = text(call.params, "kind")
    if kind != "evidence_document":
        problems.add("84901", "document_upload")
    content = file.read() if isinstance(file, FileStorage) else b""
    content_type = file.mimetype if isinstance(file, FileStorage) else ""
    code = _problem(content, content_type)
    if code is not None:
        problems.add(code, "document_upload")
    problems.refuse(Call(call.books, call.now, call.operation))  # a file is not echoed
    assert kind is not None and isinstance(file, FileStorage)
    document = Document(new_id(16), kind, file.filename or "", content_type, len(content))
    call.books.documents[document.id] = document
    return Answer(201, "document_upload", _view(document))


def _problem(content: bytes, content_type: str) -> str | None:
    if not content:
        return "84906"
    if len(content) > LARGEST:
        return "84902"
    if content_type not in _TYPES:
        return "84903"
    begin, end = _TYPES[content_type]
    if not content.startswith(begin) or end not in content[-1024:] or b"/Encrypt" in content:
        return "84904"
    return "84905" if len(_PAGE.findall(content)) > _MOST_PAGES else None


def _view(document: Document) -> dict[str, Any]:
    return {
        "id": document.id,
        "kind": document.kind,
        "name": document.name,
        "content_type": document.content_type,
        "size": document.size,
        "expires_at": None,
    }


ROUTES: tuple[Route, ...] = (("POST", "/document_uploads", upload),)
