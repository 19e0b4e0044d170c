"""The process that draws a document: reads it from standard input, writes the PDF to standard output, and ends.

Rules kept here: it opens no file and no connection of its own but what WeasyPrint and Pango need to run; whatever a
page names is among the files it was given, or is left out.
"""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from types import ModuleType
from typing import IO, Any, Final

import msgspec

from rabita.gateways.documents import BASE, MISSING, Document

VARIANT: Final = "pdf/a-3u"
TYPES: Final = {"css": "text/css", "woff2": "font/woff2", "svg": "image/svg+xml"}


def main(taken: IO[bytes], given: IO[bytes], load: Callable[[str], ModuleType] = import_module) -> int:
    """Draw one document; gives how the process ends. *load* imports WeasyPrint, which needs Pango on this machine."""
    document = msgspec.msgpack.decode(taken.read(), type=Document)
    try:
        weasyprint = load("weasyprint")
    except (ImportError, OSError):
        return MISSING
    given.write(drawn(weasyprint, document))
    return 0


def drawn(weasyprint: Any, document: Document) -> bytes:  # noqa: ANN401 - the package, which has no types
    """Draw with WeasyPrint; gives the bytes of the PDF."""
    fetcher = _fetcher(weasyprint.urls, document.files)
    made = datetime.fromtimestamp(document.made_ms // 1000, UTC)
    page = weasyprint.HTML(string=document.html, base_url=f"{BASE}/", url_fetcher=fetcher)
    fonts = weasyprint.text.fonts.FontConfiguration()
    sheets = [weasyprint.CSS(url=BASE + each, url_fetcher=fetcher, font_config=fonts) for each in document.sheets]
    attached = document.attached
    record = weasyprint.Attachment(
        string=attached.raw,
        name=attached.name,
        description=attached.says,
        created=made,
        modified=made,
        relationship="Source",
    )
    raw: bytes = page.write_pdf(stylesheets=sheets, font_config=fonts, attachments=[record], pdf_variant=VARIANT)
    return raw


def _fetcher(urls: Any, files: dict[str, bytes]) -> object:  # noqa: ANN401 - a module of WeasyPrint
    """Make what gives a page its files, and nothing else."""

    class Given(urls.URLFetcher):  # type: ignore[misc]  # - WeasyPrint has no types
        """Gives what it was given."""

        def fetch(self, url: str, headers: object = None) -> object:
            """Give a file; raises ``ValueError``, on which WeasyPrint goes on without it."""
            del headers
            path = url.removeprefix(BASE)
            if path not in files:
                raise ValueError(path)
            kind = TYPES[path.rpartition(".")[2]]
            return urls.URLFetcherResponse(url, files[path], {"content-type": kind})

    return Given()


if __name__ == "__main__":
    sys.exit(main(sys.stdin.buffer, sys.stdout.buffer))
