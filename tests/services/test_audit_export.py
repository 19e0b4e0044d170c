"""An export of the audit log, checked with nothing but itself: whole or a selection, and every way to spoil one."""

from base64 import b64encode
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabita.line.errors import LocalFault, PeerFault
from rabita.services.audit import Action
from rabita.services.audit_export import Item
from tests.services.auditing import PARTY, Party, checked, deed, log_at, party, spoil

ENTRIES = 11


@pytest.fixture(scope="module")
def us(tmp_path_factory: pytest.TempPathFactory) -> Party:
    return party(tmp_path_factory.mktemp("party"))


@pytest.fixture(scope="module")
def lines(us: Party, tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    with log_at(tmp_path_factory.mktemp("log") / "audit.db") as log:
        log.append([deed(number, (Action.READ, Action.SEAL)[number % 2]) for number in range(ENTRIES)])
        us.sign(log)
        log.append([deed(99)])
        return us.export(log)


def faults(lines: list[bytes]) -> list[tuple[str, str]]:
    return [(each.code, each.where) for each in checked(lines).faults]


def test_a_whole_export_is_genuine_up_to_its_head(lines: list[bytes]) -> None:
    verdict = checked(lines)
    assert (verdict.genuine, verdict.whole, verdict.party) == (True, True, PARTY)
    assert (verdict.entries, verdict.signed, len(lines)) == (ENTRIES, ENTRIES, ENTRIES + 2)
    assert len(verdict.root.split()) == 6
    assert verdict.summary()[-1] == "Genuine."


def test_a_selection_shows_that_what_is_in_it_is_genuine_and_no_more(us: Party, tmp_path: Path) -> None:
    with log_at(tmp_path / "audit.db") as log:
        log.append([deed(number, (Action.READ, Action.SEAL)[number % 2]) for number in range(ENTRIES)])
        us.sign(log)
        verdict = checked(us.export(log, action="seal"))
        assert (verdict.genuine, verdict.whole, verdict.entries) == (True, False, ENTRIES // 2)
        assert "cannot show what was left out" in verdict.summary()[0]
        for wanted, count in (
            ({"actor": "ab" * 8}, ENTRIES),
            ({"actor": "cd" * 8}, 0),
            ({"line": "a" * 52}, 0),
            ({"lines": ("a" * 52,)}, 0),
            ({"from_ms": 1_706_000_000_005}, ENTRIES - 5),
            ({"until_ms": 1_706_000_000_005}, 5),
        ):
            assert checked(us.export(log, **wanted)).entries == count


@given(data=st.data())
def test_any_character_changed_is_found(lines: list[bytes], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(lines) - 1))
    place = data.draw(st.integers(0, len(lines[at]) - 2))
    letter = bytes([data.draw(st.integers(32, 126))])
    spoilt = [*lines[:at], lines[at][:place] + letter + lines[at][place + 1 :], *lines[at + 1 :]]
    if spoilt == lines:
        return
    try:
        verdict = checked(spoilt)
    except PeerFault as fault:
        assert (fault.code, at) == ("audit-malformed", 0)
        return
    assert not verdict.genuine or not verdict.whole


def test_lines_taken_away_doubled_or_moved_are_named(lines: list[bytes]) -> None:
    assert faults([*lines[:5], *lines[6:]]) == [("audit-missing", "entry 4"), ("audit-missing", "the last line")]
    assert faults([*lines[:5], *lines[8:]])[0] == ("audit-missing", "entries 4 to 6")
    assert faults(lines[:-1]) == [("audit-missing", "the end of the file")]
    assert faults(lines[:-2]) == [("audit-missing", "entry 10"), ("audit-missing", "the end of the file")]
    assert faults([*lines[:3], lines[2], *lines[3:]])[0] == ("audit-altered", "entry 1")
    assert ("audit-altered", "entry 3") in faults([*lines[:4], lines[5], lines[4], *lines[6:]])
    assert faults([*lines, lines[-1]]) == [("audit-altered", "the last line")]
    assert ("audit-altered", "the last line") in faults([*lines, lines[3]])


def test_an_entry_put_in_another_s_place_is_not_under_the_head(lines: list[bytes]) -> None:
    item = msgspec.json.decode(lines[4], type=Item)
    forged = Item(item.entry.replace('"seal"', '"read"'), item.proof)
    assert forged != item
    assert ("audit-altered", "entry 3") in faults([*lines[:4], msgspec.json.encode(forged) + b"\n", *lines[5:]])
    short = Item(item.entry, item.proof[1:])
    assert ("audit-altered", "entry 3") in faults([*lines[:4], msgspec.json.encode(short) + b"\n", *lines[5:]])
    odd = Item(item.entry, (b64encode(b"short").decode(), *item.proof[1:]))
    assert ("audit-altered", "entry 3") in faults([*lines[:4], msgspec.json.encode(odd) + b"\n", *lines[5:]])


def test_a_head_of_another_party_is_none(us: Party, lines: list[bytes], tmp_path: Path) -> None:
    top = msgspec.json.decode(lines[0])
    others = party(tmp_path)
    changes: list[dict[str, object]] = [
        {"descriptors": [each.decode() for each in others.notes]},
        {"descriptors": [each.decode() for each in (*us.notes, *others.notes)]},
        {"descriptors": []},
        {"party": "X-IRN"},
        {"head": top["head"].replace("\n11\n", "\n12\n")},
        {"head": us.notes[0].decode()},
        {"head": ""},
    ]
    for change in changes:
        found = faults([msgspec.json.encode({**top, **change}) + b"\n", *lines[1:]])
        assert found[0] == ("audit-head-false", "the head of the file")


@pytest.mark.parametrize(
    "first", [b"", b"{}\n", b"\xff\n", b'{"audit":2,"party":"","descriptors":[],"selection":null,"head":""}\n']
)
def test_a_file_that_is_no_export_is_said_to_be_none(first: bytes) -> None:
    with pytest.raises(PeerFault, match="audit-malformed"):
        checked([first] if first else [])


def test_a_log_without_a_head_or_with_holes_is_not_exported(us: Party, tmp_path: Path) -> None:
    path = tmp_path / "audit.db"
    with log_at(path) as log:
        log.append([deed(number) for number in range(5)])
        with pytest.raises(LocalFault, match="no head"):
            us.export(log)
        us.sign(log)
        log.append([deed()])
    spoil(path, ("DELETE FROM entries WHERE number = 2", ()))
    with log_at(path) as log, pytest.raises(LocalFault, match="missing"):
        us.export(log)
