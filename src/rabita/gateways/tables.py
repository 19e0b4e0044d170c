"""Tables as CSV files (RFC 4180), for spreadsheets as much as for programs.

Rules kept here: UTF-8 with its byte order mark, without which spreadsheets guess wrong at Urdu and Persian; a cell that
a spreadsheet would carry out is prefixed, so that nobody's words are a formula; a table that was cut says so in its
last line.
"""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Final

MEDIA_TYPE: Final = "text/csv"
CARRIED_OUT: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a cell begins with that spreadsheets take for a formula (OWASP, CSV Injection), full-width forms too."""
PREFIX: Final = "'"


def write_csv(head: Sequence[str], rows: Iterable[Sequence[str]], cut: str = "") -> bytes:
    """Write a table under its head; *cut* says in a last line of its own why there are no more rows."""
    text = StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([cell(each) for each in head])
    writer.writerows([cell(each) for each in row] for row in rows)
    if cut:
        writer.writerow([cell(cut)])
    return text.getvalue().encode("utf-8-sig")


def cell(text: str) -> str:
    """Write a cell so that nothing carries it out; a space before a formula does not hide it."""
    stripped = text.lstrip(" \u00a0\u200b\u200c\u200d\u200e\u200f\u061c\ufeff")
    return PREFIX + text if stripped.startswith(CARRIED_OUT) else text
