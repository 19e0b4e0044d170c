"""The tables of the index of cases in SQLite, made anew whenever their version changes: nothing is ever migrated.

Rules kept here: each list of the port is a range of one index, which is why there are many, most of them partial. What
is searched for is stored as plain words between spaces, folded and cut before, so that SQLite's tokenizer has nothing
to decide; facets begin with a character of a private use area, which no folded text holds.
"""

from typing import Final

SCHEMA: Final = "4"
DUE_NEVER: Final = 2**62
"""As a duty's place in the order of deadlines: it has none."""

TABLES: Final = """
CREATE TABLE about (version TEXT NOT NULL);
CREATE TABLE lines (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, state BLOB NOT NULL DEFAULT x'');
CREATE TABLE acts (
    seq INTEGER PRIMARY KEY, line INTEGER NOT NULL, party TEXT NOT NULL, epoch INTEGER NOT NULL, lane INTEGER NOT NULL,
    place INTEGER NOT NULL, n INTEGER NOT NULL, seen_epoch INTEGER, seen_0 INTEGER, seen_1 INTEGER, seen_2 INTEGER,
    seen_3 INTEGER, seen_4 INTEGER, charter INTEGER NOT NULL, digest BLOB NOT NULL, act_id BLOB NOT NULL,
    procedure TEXT NOT NULL, act TEXT NOT NULL, claimed_ms INTEGER NOT NULL, held_ms INTEGER NOT NULL,
    received_ms INTEGER NOT NULL, in_force INTEGER NOT NULL, fault TEXT NOT NULL, main INTEGER NOT NULL,
    verified INTEGER NOT NULL, case_id BLOB, waits BLOB, stray TEXT NOT NULL, status TEXT NOT NULL,
    because TEXT NOT NULL
);
CREATE INDEX acts_place ON acts (line, party, epoch, lane, place);
CREATE INDEX acts_order ON acts (line, party, epoch, n);
CREATE INDEX acts_digest ON acts (digest, main);
CREATE INDEX acts_used ON acts (act_id, main, in_force, fault);
CREATE INDEX acts_case ON acts (case_id, seq) WHERE case_id IS NOT NULL;
CREATE TABLE basis (target BLOB NOT NULL, digest BLOB NOT NULL, PRIMARY KEY (target, digest)) WITHOUT ROWID;
CREATE TABLE lacking (
    line INTEGER NOT NULL, party TEXT NOT NULL, key TEXT NOT NULL, seq INTEGER NOT NULL,
    PRIMARY KEY (line, party, key, seq)
) WITHOUT ROWID;
CREATE TABLE cases (
    id BLOB PRIMARY KEY, line INTEGER NOT NULL, procedure TEXT NOT NULL, state TEXT NOT NULL, computed INTEGER NOT NULL,
    closed INTEGER NOT NULL, opener TEXT NOT NULL, responder TEXT NOT NULL, lane TEXT NOT NULL,
    opened_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, acts INTEGER NOT NULL, fingerprint BLOB NOT NULL,
    unsettled INTEGER NOT NULL, stale INTEGER NOT NULL
);
CREATE INDEX cases_all ON cases (line, last_seq);
CREATE INDEX cases_open ON cases (line, last_seq) WHERE NOT closed;
CREATE INDEX cases_procedure ON cases (line, procedure, last_seq);
CREATE INDEX cases_procedure_open ON cases (line, procedure, last_seq) WHERE NOT closed;
CREATE INDEX cases_state ON cases (line, state, last_seq);
CREATE INDEX cases_procedure_state ON cases (line, procedure, state, last_seq);
CREATE INDEX cases_unsettled ON cases (line) WHERE unsettled;
CREATE INDEX cases_stale ON cases (line) WHERE stale;
CREATE INDEX cases_uncomputed ON cases (line) WHERE NOT computed;
CREATE TABLE duties (
    id INTEGER PRIMARY KEY, case_id BLOB NOT NULL, line INTEGER NOT NULL, procedure TEXT NOT NULL, duty TEXT NOT NULL,
    since BLOB NOT NULL, since_seq INTEGER NOT NULL, by_us INTEGER NOT NULL, by_them INTEGER NOT NULL,
    allowed_ms INTEGER NOT NULL, named_ms INTEGER NOT NULL, met_by BLOB, ended INTEGER NOT NULL, rings INTEGER NOT NULL,
    since_ms INTEGER NOT NULL, met_ms INTEGER NOT NULL, is_open INTEGER NOT NULL, sort_ms INTEGER NOT NULL, lane INTEGER
);
CREATE INDEX duties_case ON duties (case_id);
CREATE INDEX duties_since ON duties (since);
CREATE INDEX duties_met ON duties (met_by) WHERE met_by IS NOT NULL;
CREATE INDEX duties_us ON duties (line, sort_ms, id) WHERE is_open AND by_us;
CREATE INDEX duties_them ON duties (line, sort_ms, id) WHERE is_open AND by_them;
CREATE INDEX duties_ringing ON duties (line, since_seq) WHERE is_open AND rings;
CREATE INDEX duties_unanswered ON duties (line, since_seq) WHERE is_open AND by_us;
CREATE INDEX duties_unanswered_procedure ON duties (line, procedure, since_seq) WHERE is_open AND by_us;
CREATE INDEX duties_unanswered_lane ON duties (line, lane, since_seq) WHERE is_open AND by_us;
CREATE TABLE subtrees (
    line INTEGER NOT NULL, party TEXT NOT NULL, epoch INTEGER NOT NULL, lane INTEGER NOT NULL, level INTEGER NOT NULL,
    place INTEGER NOT NULL, root BLOB NOT NULL, PRIMARY KEY (line, party, epoch, lane, level, place)
) WITHOUT ROWID;
CREATE TABLE vocabulary (word TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE VIRTUAL TABLE search USING fts5(text, detail=none, columnsize=0, tokenize='ascii');
CREATE TABLE spread_rows (
    seq INTEGER PRIMARY KEY, west INTEGER NOT NULL, east INTEGER NOT NULL, south INTEGER NOT NULL,
    north INTEGER NOT NULL, start INTEGER NOT NULL, until INTEGER NOT NULL, procedure TEXT NOT NULL
);
CREATE INDEX spread_procedure ON spread_rows (procedure, seq);
CREATE VIRTUAL TABLE spreads USING rtree_i32(seq, west, east, south, north, start, until, +procedure TEXT);
"""
