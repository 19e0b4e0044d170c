"""What pages say of files: kinds, sizes, what becomes of one that is chosen; and how large one may be in a form."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Final

from rabita.line.limits import ATTACHMENT_BYTES_MAX

KILO: Final = 1_000
MEGA: Final = 1_000_000
FILES: Final = MappingProxyType(
    {
        "media_pdf": "PDF document",
        "media_png": "PNG picture",
        "media_jpeg": "JPEG picture",
        "media_plain": "Text",
        "media_csv": "Table (CSV)",
        "media_geo+json": "Places (GeoJSON)",
        "size_bytes": "{size} bytes",
        "size_kb": "{size} kB",
        "size_mb": "{size} MB",
        "files_add": "Choose files",
        "files_allowed": "PDF, PNG, JPEG, text, CSV or GeoJSON, each of at most {size}.",
        "files_large": "{name} is too large: {size}. A file may have at most {most}.",
        "files_kind": "{name} is of a kind that is not attached. PDF, PNG, JPEG, text, CSV and GeoJSON are.",
        "files_false": "{name} is not what the end of its name says.",
        "files_many": "An act names at most {count} files.",
        "files_going": "{name} is on its way to this node: {percent} %",
        "files_gone": "{name} is attached.",
        "files_removed": "{name} is attached no more.",
        "files_stopped": "{name} was not attached.",
        "files_wait": "A file is still on its way to this node. Wait until it is there, or remove it.",
        "files_missing": "This node does not hold this file.",
        "files_take": "Save a copy",
        "files_title": "Attached files",
    }
)
"""What scripts say of files; the names of media types are by what stands after their stroke."""
FILE_BYTES_MAX: Final = ATTACHMENT_BYTES_MAX // MEGA * MEGA
"""What a form takes: with header and salt it fits a blob, and it can be said in whole units."""


def size_text(count: int, say: Callable[[str], str]) -> str:
    """Write a size in its largest unit, with one decimal place where it is small."""
    unit, whole = ("mb", MEGA) if count >= MEGA else ("kb", KILO) if count >= KILO else ("bytes", 1)
    size = f"{count / whole:.1f}" if whole > 1 and count < 10 * whole else str(round(count / whole))
    return say(FILES[f"size_{unit}"]).format(size=size)
