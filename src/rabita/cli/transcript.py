"""``rabita transcript export`` and ``rabita verify``: a line as a file, and the question whether it is genuine.

``verify`` needs no node, no database and no key: a mediator runs it on what either side, or both, handed over.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rabita.cli.common import (
    EXIT_PROBLEM,
    HomeOption,
    JsonOption,
    LineOption,
    ask_node,
    now_ms,
    opened,
    place,
    print_json,
)
from rabita.line.errors import LocalFault, UserFault

if TYPE_CHECKING:
    from collections.abc import Callable

    from rabita.line.transcript_report import Finding, Report

app = typer.Typer(no_args_is_help=True, help="Write a line's transcript to a file.")


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="The file to write.")],
    *,
    line: LineOption = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write everything both sides formally said on a line, for anyone to verify; never a withheld portion."""
    from rabita.app.asks import Done, SignHeads
    from rabita.services.reads import find_line
    from rabita.services.transcripts import export as write_transcript

    where = place(home)
    with opened(where) as store:
        name = find_line(store, line)
        ask_node(where, [SignHeads(name)], Done)
        try:
            with file.open("xb") as stream, _progress("Writing") as advance:
                end = write_transcript(store, name, now_ms(), stream.write, advance)
        except FileExistsError:
            raise UserFault("file-exists", str(file)) from None
        except OSError as fault:
            raise LocalFault("file-unavailable", str(file)) from fault
    if as_json:
        print_json({"file": str(file), "line": name, "entries": end.entries, "batches": end.batches})
    else:
        typer.echo(f"{file}: {end.entries:,} entries. Anyone can check it: rabita verify {file}")


def verify(
    files: Annotated[list[Path], typer.Argument(help="One transcript, or both sides' of one line.")],
    *,
    approvals: Annotated[bool, typer.Option(help="Check the officers' approvals too.")] = True,
    as_json: JsonOption = False,
) -> None:
    """Say whether transcripts are genuine and complete, and which of two holds more; exits 1 on any fault."""
    from itertools import pairwise

    from rabita.line.transcript_report import compare

    reports = [_verified(path, approvals=approvals) for path in files]
    compared = [
        ((one, two), compare(left, right))
        for (one, left), (two, right) in pairwise(zip(map(str, files), reports, strict=True))
    ]
    if as_json:
        print_json(
            {
                "transcripts": [_told(path, report) for path, report in zip(files, reports, strict=True)],
                "comparisons": [
                    {
                        "files": names,
                        "equal": each.equal,
                        "foreign": each.foreign,
                        "contradictions": _findings(each.contradictions),
                        "summary": each.summary(*names),
                    }
                    for names, each in compared
                ],
            }
        )
    else:
        lines = [f"{path}: {text}" for path, each in zip(files, reports, strict=True) for text in each.summary()]
        lines += [text for names, each in compared for text in each.summary(*names)]
        typer.echo("\n".join(lines))
    sound = all(each.genuine and not each.contradictions for each in reports)
    if not sound or any(each.foreign or each.contradictions for _, each in compared):
        raise typer.Exit(EXIT_PROBLEM)


def _verified(path: Path, *, approvals: bool) -> "Report":
    """Verify a file a line at a time; of a line that no transcript can have, never more than the longest is held."""
    from functools import partial

    from rabita.line.transcript import Verifier
    from rabita.line.transcript_lines import LINE_BYTES_MAX

    verifier = Verifier(approvals=approvals)
    try:
        total = path.stat().st_size
        done = 0
        with path.open("rb") as stream, _progress(f"Verifying {path.name}") as advance:
            for raw in iter(partial(stream.readline, LINE_BYTES_MAX + 1), b""):
                verifier.feed(raw)
                done += len(raw)
                advance(done, total)
    except OSError as fault:
        raise LocalFault("file-unavailable", str(path)) from fault
    return verifier.finish()


def _told(path: Path, report: "Report") -> dict[str, Any]:
    return {
        "file": str(path),
        "genuine": report.genuine,
        "line": report.line,
        "by": report.by,
        "parties": report.parties,
        "exercise": report.exercise,
        "entries": report.entries,
        "batches": report.batches,
        "faults": _findings(report.faults),
        "contradictions": _findings(report.contradictions),
        "approvals": dict(report.approvals),
        "charters": [each._asdict() for each in report.charters],
        "logs": [
            {
                "log": each.name,
                "size": each.size,
                "complete": each.complete,
                "receipted": each.receipted,
                "post_quantum": each.author_mldsa,
                "post_quantum_receipts": each.reader_mldsa,
            }
            for each in report.logs.values()
        ],
        "summary": report.summary(),
    }


def _findings(found: "list[Finding]") -> list[dict[str, str]]:
    return [{"code": each.code, "where": each.where, "sentence": each.sentence} for each in found]


@contextmanager
def _progress(what: str) -> "Iterator[Callable[[int, int], None]]":
    """Show how far long work is, to a person at a terminal only."""
    if not sys.stderr.isatty():
        yield lambda _done, _all: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
