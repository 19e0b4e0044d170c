"""Every bound of protocol version 1, in one place; the relations between them are checked at import.

These are constants of the protocol, not settings: two nodes that disagree on a limit disagree on what is valid.
"""

from typing import Final

from rabita.line.errors import ensure

PROTOCOL: Final = "rabita/1"

# notes (C2SP signed-note asks verifiers to accept at least 16 signatures)
NOTE_BYTES_MAX: Final = 65_536
NOTE_SIGNATURES_MAX: Final = 16

# entries
STAMP_BYTES_MAX: Final = 4_096
ACT_BYTES_MAX: Final = 32_768
CONTROL_ACT_BYTES_MAX: Final = 16_384
APPROVALS_BYTES_MAX: Final = 16_384
PORTION_BYTES_MAX: Final = 65_536
PORTION_SALT_BYTES: Final = 16
PORTIONS_MAX: Final = 32
ENTRY_BYTES_MAX: Final = 196_608
JSON_DEPTH_MAX: Final = 16
INTEGER_MAX: Final = 2**53 - 1
NAME_CHARS_MAX: Final = 128
PARTY_CODE_CHARS_MAX: Final = 16

# batches: one group commit, one checkpoint
BATCH_ENTRIES_MAX: Final = 256
BATCH_BYTES_MAX: Final = 262_144
BATCH_WIRE_BYTES_MAX: Final = BATCH_BYTES_MAX + NOTE_BYTES_MAX + BATCH_ENTRIES_MAX * 256

# frames and the send window
CHUNK_BYTES_MIN: Final = 4_096
CHUNK_BYTES_MAX: Final = 65_536
FRAME_BYTES_MAX: Final = 131_072
CHUNK_DURATION_MS: Final = 50
WINDOW_SLACK_MS: Final = 250
WINDOW_FRAMES_MIN: Final = 2
ACK_INTERVAL_MS: Final = 50
LOWER_LANES_FRAME_EVERY: Final = 16
KEEPALIVE_MS: Final = 5_000
SILENCE_MS: Final = 15_000

# sessions
HELLO_LOGS_MAX: Final = 64
CREDIT_BYTES: Final = BATCH_WIRE_BYTES_MAX
REFUSALS_UNTIL_BLOCKED: Final = 2
REFUSALS_TAKEN_MAX: Final = 32

# attachments: below all lanes, one at a time
ATTACHMENT_BYTES_MAX: Final = 2**26
ATTACHMENT_HEADER_BYTES_MAX: Final = 1_024
ATTACHMENTS_MAX: Final = 32
ATTACHMENT_TRIES_MAX: Final = 2
ATTACHMENT_PARTS_BYTES_MAX: Final = 2**28

# signatures over a whole transcript
MLDSA_IDLE_MS: Final = 60_000

# courier bundles
BUNDLE_BYTES_MAX: Final = 2**30

ensure(CONTROL_ACT_BYTES_MAX <= ACT_BYTES_MAX, "a control act is an act")
ensure(
    STAMP_BYTES_MAX + ACT_BYTES_MAX + APPROVALS_BYTES_MAX < ENTRY_BYTES_MAX <= BATCH_BYTES_MAX,
    "the largest entry fits a batch of its own",
)
ensure(
    min(ACT_BYTES_MAX, APPROVALS_BYTES_MAX, PORTION_BYTES_MAX) >= STAMP_BYTES_MAX, "the stamp's limit is the smallest"
)
ensure(CHUNK_BYTES_MAX < FRAME_BYTES_MAX, "a chunk and its frame header fit a frame")
ensure(BATCH_WIRE_BYTES_MAX <= CREDIT_BYTES, "credit admits at least one batch")
ensure(KEEPALIVE_MS * 2 < SILENCE_MS, "two lost keepalives do not end a session")
ensure(NOTE_BYTES_MAX < FRAME_BYTES_MAX, "a note fits a frame")
ensure(ATTACHMENT_BYTES_MAX < ATTACHMENT_PARTS_BYTES_MAX, "a blob's part has room")
ensure(NAME_CHARS_MAX * 6 < ATTACHMENT_HEADER_BYTES_MAX, "a name of any script fits a blob's header")
