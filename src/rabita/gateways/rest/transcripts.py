"""Transcripts over HTTP: a line's whole record as a file, and the question whether one is genuine.

A file stands on this node's disk while it is sent or checked, never in memory.
"""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from tempfile import TemporaryFile
from typing import IO, Any, Final

from litestar.response import Stream

from rabita.gateways.rest.forms import Found, LogVerified, Verified
from rabita.gateways.rest.routing import At, Query, Route
from rabita.line.transcript import Verifier
from rabita.line.transcript_lines import LINE_BYTES_MAX
from rabita.line.transcript_report import Finding, Report
from rabita.services.audit import Action
from rabita.services.sight import markings_held
from rabita.services.transcripts import export

MEDIA_TYPE: Final = "application/x-ndjson"
EXPORT: Final = "export"
CHUNK_BYTES: Final = 65_536
TRANSCRIPT_BYTES_MAX: Final = 2**28
"""What is verified over HTTP at most; ``rabita verify`` takes any size."""


async def transcript(at: At, _query: Query) -> Stream:
    """Sign the heads for the long term, then send everything both sides formally said; never a withheld portion."""
    at.record()
    await at.services.attest(at.line)
    stream = await asyncio.to_thread(_written, at)
    name = f"{at.line[:12]}-{at.services.party}.transcript"
    return Stream(
        chunks(stream), media_type=MEDIA_TYPE, headers={"content-disposition": f'attachment; filename="{name}"'}
    )


def _written(at: At) -> IO[bytes]:
    at.permit_marked(EXPORT, at.matter, markings_held(at.services.store, at.line))
    stream = TemporaryFile()  # noqa: SIM115 - it is closed, and so gone, when it was sent
    try:
        export(at.services.store, at.line, at.services.clock.now_ms(), stream.write)
        stream.seek(0)
    except BaseException:
        stream.close()
        raise
    return stream


async def chunks(stream: IO[bytes]) -> AsyncIterator[bytes]:
    """Send a file piece by piece, then close it."""
    try:
        while chunk := await asyncio.to_thread(stream.read, CHUNK_BYTES):
            yield chunk
    finally:
        stream.close()


def verify(at: At, _query: Query) -> Verified:
    """Say whether a transcript is genuine and complete; nothing of it is kept."""
    verifier = Verifier()
    for raw in iter(partial(at.upload.readline, LINE_BYTES_MAX + 1), b""):
        verifier.feed(raw)
    return _told(verifier.finish())


def _told(report: Report) -> Verified:
    logs = [
        LogVerified(each.name, each.size, each.complete, each.receipted, each.author_mldsa, each.reader_mldsa)
        for each in report.logs.values()
    ]
    return Verified(
        report.genuine,
        report.line,
        report.by,
        report.parties,
        report.exercise,
        report.entries,
        report.batches,
        _found(report.faults),
        _found(report.contradictions),
        dict(report.approvals),
        tuple(logs),
        tuple(report.summary()),
    )


def _found(findings: list[Finding]) -> tuple[Found, ...]:
    return tuple([Found(each.code, each.where, each.sentence) for each in findings])


ROUTES: Final = (
    Route(
        method="GET",
        path="/lines/{line}/transcript",
        name="transcript",
        title="A line's transcript",
        action=EXPORT,
        audit=Action.EXPORT,
        answers={200: Any},
        run=transcript,
        gives=MEDIA_TYPE,
        apart=False,
        tag="transcripts",
    ),
    Route(
        method="POST",
        path="/transcripts/verify",
        name="verify",
        title="Whether a transcript is genuine",
        action="check-transcript",
        audit=Action.VERIFY,
        takes=MEDIA_TYPE,
        body_bytes_max=TRANSCRIPT_BYTES_MAX,
        answers={200: Verified},
        run=verify,
        tag="transcripts",
    ),
)
