"""Offline verification of an exported transcript, one core; beside it SHA-256 over the same parts and bare signatures.

The yardstick knows every part in advance, and hashes each of them, the leaf and one node of the tree; then it checks
one Ed25519 signature a checkpoint. The verifier also reads the file, and checks all else that is to be checked. With
approvals the yardstick checks as many more signatures.

The author's file has two signatures a checkpoint, its own and the reader's receipt; the reader's file of the same log
has one, as the yardstick. Both are measured against the same yardstick; the bar is on the author's. Times are of the
processor, on one thread, so that waiting for a busy machine is not counted; verifier and yardstick take turns, and the
pair of runs with the middle ratio is shown.
"""

import time
from collections.abc import Sequence
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.asks import Ran, Run
from bench.bare import digests
from bench.figures import Figure, Figures
from bench.founding import Founded, found
from bench.pair import Pair
from bench.plan import Job
from rabita.line.transcript import verify_transcript
from rabita.line.transcript_lines import BatchLine, Parts, decode_line
from rabita.services.transcripts import export
from rabita.store.sqlite import open_store

APPROVALS: Final = (0, 2)
ROUNDS: Final = 3
"""Runs for each of the planned repeats, where there are no approvals: a run is short."""


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
            founded = found(room)
            with Pair(founded) as pair, job.screen.step(f"a transcript with {approvals} approvals"):
                pair.a.ask(Run(job.sizes.verified, job.sizes.window, approvals=approvals), Ran)
            files = {"author": _exported(founded, 0)} | ({} if approvals else {"reader": _exported(founded, 1)})
            for side, exported in files.items():
                name = f"verify_{approvals}" if side == "author" else "verify_reader"
                figures[name] = _measured(job, exported, approvals, side)
    return figures


def _measured(job: Job, exported: Exported, approvals: int, side: str) -> Figure:
    repeats = job.sizes.repeats * (1 if approvals else ROUNDS)
    took = []
    with job.screen.step(f"verifying, {approvals} approvals, the {side}'s file", repeats) as step:
        for number in range(repeats):
            took.append((_verify_s(exported, approvals), _yardstick_s(exported, approvals)))
            step(number + 1)
    mine_s, bare_s = sorted(took, key=lambda pair: pair[1] / pair[0])[repeats // 2]
    acts = len(exported.parts)
    per_checkpoint = f"{acts / exported.checkpoints:.0f}"
    return Figure(
        what=f"verified, the {side}'s file, {approvals or 'no'} approvals, a checkpoint every {per_checkpoint}",
        value=acts / mine_s,
        unit="acts/s",
        against="hashes and signatures",
        beside=acts / bare_s,
        bar="" if approvals or side == "reader" else "at least 0.5",
    )


def _exported(founded: Founded, side: int) -> Exported:
    lines: list[bytes] = []
    store = open_store(founded.homes[side].database)
    try:
        export(store, founded.line, time.time_ns() // 1_000_000, lines.append)
    finally:
        store.close()
    batches = [line for raw in lines if isinstance(line := decode_line(raw), BatchLine)]
    return Exported(lines, [each for batch in batches for each in batch.entries], len(batches))


def _verify_s(exported: Exported, approvals: int) -> float:
    began = time.process_time()
    report = verify_transcript(exported.lines, approvals=bool(approvals))
    took_s = time.process_time() - began
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
    began = time.process_time()
    for each in parts:
        digests(each)
    for _ in range(exported.checkpoints + approvals * len(parts)):
        public.verify(signature, message)
    return time.process_time() - began
