"""Write the pages of the documentation that are drawn from the code, so that they cannot disagree with it.

Run by ``make docs``; a test fails when a page on disk is not what this module would write.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from docs.procedures_build import PAGES as PROCEDURE_PAGES
from docs.security_build import PAGES as SECURITY_PAGES
from rabita.app.settings import settings_page
from rabita.cli.pages import commands_page
from rabita.gateways.rest.application import ROUTES
from rabita.gateways.rest.openapi import description_json
from rabita.line import limits
from rabita.line.errors import SENTENCES

DOCS: Final = Path(__file__).parent


def errors_page() -> str:
    """Return ``errors.md``: every stable code with its sentence, in the order of the table in the code."""
    rows = [f"| `{code}` | {sentence} |" for code, sentence in SENTENCES.items()]
    head = [
        "# Faults",
        "",
        "Every fault carries one stable code and one plain sentence. Scripts read the code; its meaning never changes.",
        "Drawn from `src/rabita/line/errors.py` by `make docs`.",
        "",
        "| code | what it says |",
        "|---|---|",
    ]
    return "\n".join([*head, *rows, ""])


def limits_page() -> str:
    """Return ``limits.md``: every bound of the protocol, in the order of the code."""
    bounds = {name: value for name, value in vars(limits).items() if name.isupper() and isinstance(value, int)}
    rows = [f"| `{name}` | {value:,} |" for name, value in bounds.items()]
    head = [
        "# Limits",
        "",
        "The bounds of protocol version 1. They are part of the protocol: two nodes that disagree on one disagree on",
        "what is valid. Names end in the unit; `BYTES` count before encryption. Drawn from `src/rabita/line/limits.py`",
        "by `make docs`; the protocol is described in [its own page](protocol.md).",
        "",
        "| name | value |",
        "|---|---|",
    ]
    return "\n".join([*head, *rows, ""])


def openapi_page() -> str:
    """Return ``openapi.json``: the description of the REST gateway."""
    return description_json(ROUTES).decode() + "\n"


PAGES: Final[dict[str, Callable[[], str]]] = {
    "errors.md": errors_page,
    "limits.md": limits_page,
    "settings.md": settings_page,
    "commands.md": commands_page,
    "openapi.json": openapi_page,
    **PROCEDURE_PAGES,
    **SECURITY_PAGES,
}


def main() -> None:
    for name, page in PAGES.items():
        (DOCS / name).parent.mkdir(exist_ok=True)
        (DOCS / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
