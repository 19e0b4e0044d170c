"""A page as a PDF/A-3u file, with the record itself attached, drawn by WeasyPrint in a process of its own.

Rules kept here: what either side wrote is shaped by libraries in C, so that happens where no key is held and no socket
is open; nothing is fetched, for the process is given every file it may use; the same document gives the same bytes,
dated by the record and not by the clock. One is drawn at a time, and only so long.
"""

import os
import subprocess
import sys
from threading import Lock
from typing import Final

import msgspec

from rabita.line.errors import LocalFault

BASE: Final = "http://desk.invalid"
"""Where pages say that their files are (RFC 2606: a name that nobody has); ``files`` are named from there."""
DRAWING_S: Final = 120
DOCUMENT_BYTES_MAX: Final = 2**25
MISSING: Final = 3
"""How the process ends where a library is missing."""
_KEPT: Final = ("PATH", "HOME", "LD_LIBRARY_PATH", "FONTCONFIG_FILE", "XDG_CACHE_HOME")
_drawing: Final = Lock()


class Attached(msgspec.Struct, frozen=True):
    """A file that goes within the document: its name, what it says of itself, its bytes."""

    name: str
    says: str
    raw: bytes


class Document(msgspec.Struct, frozen=True):
    """A page to be drawn: HTML, the files it may use by their paths, those of them that are its sheets.

    ``made_ms`` (ms since 1970 UTC) is the time the document bears.
    """

    html: str
    files: dict[str, bytes]
    sheets: tuple[str, ...]
    attached: Attached
    made_ms: int


def draw(document: Document) -> bytes:
    """Draw a document; gives the bytes of the PDF.

    Raises ``LocalFault``: ``pango-missing``, ``document-failed``.
    """
    raw = msgspec.msgpack.encode(document)
    if len(raw) > DOCUMENT_BYTES_MAX:
        raise LocalFault("document-failed", "too large")
    command = [sys.executable, "-P", "-s", "-m", "rabita.gateways.document_writer"]
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environment |= {"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    environment["SOURCE_DATE_EPOCH"] = str(document.made_ms // 1000)
    with _drawing:
        try:
            done = subprocess.run(  # noqa: S603 - our own program, nothing of it from outside
                command, input=raw, env=environment, cwd="/", capture_output=True, timeout=DRAWING_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as fault:
            raise LocalFault("document-failed", type(fault).__name__) from fault
    if done.returncode == MISSING:
        raise LocalFault("pango-missing")
    if done.returncode or not done.stdout.startswith(b"%PDF-"):
        raise LocalFault("document-failed", str(done.returncode))
    return done.stdout
