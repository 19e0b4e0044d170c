"""Offline verification of an exported transcript, one core; beside it SHA-256 over the same parts and bare signatures.

The yardstick knows every part in advance, and hashes each of them, the leaf and one node of the tree; then it checks
one Ed25519 signature a checkpoint. The verifier also reads the file, and checks the receipts' signatures too. With
approvals the yardstick checks as many more signatures.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.asks import Ran, Run
from bench.bare import digests
from bench.figures import Figure, Figures, middle
from bench.founding import Founded, found
from bench.pair import Pair
from bench.plan import Job
from rabita.line.transcript import verify_transcript
from rabita.line.transcript_lines import BatchLine, Parts, decode_line
from rabita.services.transcripts import export
from rabita.store.sqlite import open_store

APPROVALS: Final = (0, 2)


class Exported(NamedTuple):
    """A transcript as lines, and what the yardstick needs of it."""

    lines: list[bytes]
    parts: list[Parts]
    checkpoints: int


def verify(job: Job) -> Figures:
    """Measure a transcript without and one with two approvals an act."""
    figures: Figures = {}
    for approvals in APPROVALS:
        with job.room() as room:
            exported = _exported(job, room, approvals)
            with job.screen.step(f"verifying, {approvals} approvals", job.sizes.repeats) as step:
                took = []
                for number in range(job.sizes.repeats):
                    took.append((_verify_s(exported, approvals), _yardstick_s(exported, approvals)))
                    step(number + 1)
        acts, words = len(exported.parts), f"{approvals or 'no'} approvals"
        figures[f"verify_{approvals}"] = Figure(
            what=f"verified, {words}, a checkpoint every {acts / exported.checkpoints:.0f}",
            value=acts / middle(mine for mine, _ in took),
            unit="acts/s",
            against="hashes and signatures",
            beside=acts / middle(bare for _, bare in took),
            bar="" if approvals else "at least 0.5",
        )
    return figures


def _exported(job: Job, room: Path, approvals: int) -> Exported:
    founded = found(room)
    with Pair(founded) as pair, job.screen.step(f"a transcript with {approvals} approvals"):
        pair.a.ask(Run(job.sizes.verified, job.sizes.window, approvals=approvals), Ran)
    lines = _export(founded)
    batches = [line for raw in lines if isinstance(line := decode_line(raw), BatchLine)]
    return Exported(lines, [each for batch in batches for each in batch.entries], len(batches))


def _export(founded: Founded) -> list[bytes]:
    lines: list[bytes] = []
    store = open_store(founded.homes[0].database)
    try:
        export(store, founded.line, time.time_ns() // 1_000_000, lines.append)
    finally:
        store.close()
    return lines


def _verify_s(exported: Exported, approvals: int) -> float:
    began = time.monotonic()
    report = verify_transcript(exported.lines, approvals=bool(approvals))
    took_s = time.monotonic() - began
    assert report.genuine
    assert sum(report.approvals.values()) == report.approvals["verified"]
    return took_s


def _yardstick_s(exported: Exported, approvals: int) -> float:
    key = Ed25519PrivateKey.generate()
    message = bytes(200)
    signature, public = key.sign(message), key.public_key()
    parts: Sequence[tuple[bytes, bytes, bytes, bytes | None]] = [
        (stamp, act, approved, portions[0] if portions else None) for stamp, act, approved, portions in exported.parts
    ]
    began = time.monotonic()
    for each in parts:
        digests(each)
    for _ in range(exported.checkpoints + approvals * len(parts)):
        public.verify(signature, message)
    return time.monotonic() - began
