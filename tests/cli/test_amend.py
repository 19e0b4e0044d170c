"""A charter amended from two command lines: proposed, signed, sealed, shown, and told by rabita verify."""

from pathlib import Path

import pytest

from tests.cli.people import quickly_founded

pytestmark = pytest.mark.sockets

TERMS = 'retention_days = 1825\ncommunity = "Those who need to know."\n'


def test_an_amendment_from_proposal_to_force(tmp_path: Path) -> None:
    ours, theirs = quickly_founded(tmp_path)
    terms, file = tmp_path / "terms.toml", tmp_path / "two.amendment"
    terms.write_text(TERMS)
    refused = theirs.run("line", "amend", "propose", terms, tmp_path / "none")
    assert (refused.code, "amendment-order" in refused.err) == (2, True)
    proposed = ours.do("line", "amend", "propose", terms, file)
    assert proposed["signed_by"] == ["X-PAK"]
    assert [each["path"] for each in proposed["changes"]] == ["community", "retention_days"]
    early = theirs.run("line", "amend", "seal", file)
    assert (early.code, "note-unsigned" in early.err) == (2, True)
    assert theirs.do("line", "amend", "sign", file)["signed_by"] == ["X-IRN", "X-PAK"]
    wrong = ours.run("line", "amend", "seal", file)
    assert (wrong.code, "amendment-author" in wrong.err) == (2, True)
    placed = theirs.do("line", "amend", "seal", file)
    assert placed == theirs.do("line", "amend", "seal", file)
    assert placed["reference"] == "X-IRN-C-0001"
    shown = theirs.do("line", "amend", "show")
    assert [each["version"] for each in shown["versions"]] == [1, 2]
    assert shown["signed_twice"] == []
    theirs.seal("under the second version")
    exported = tmp_path / "line.transcript"
    theirs.do("transcript", "export", exported)
    (report,) = theirs.do("verify", exported)["transcripts"]
    assert report["charters"][1]["since"] == {"X-IRN": [1, 2]}


def test_it_is_shown_to_people(tmp_path: Path) -> None:
    ours, theirs = quickly_founded(tmp_path)
    terms, file = tmp_path / "terms.toml", tmp_path / "two.amendment"
    terms.write_text(TERMS)
    assert "X-IRN signs last and seals it" in ours.run("line", "amend", "propose", terms, file).out
    assert "1825" in theirs.run("line", "amend", "show", file).out
    assert theirs.run("line", "amend", "sign", file).code == 0
    assert "In force for us" in theirs.run("line", "amend", "seal", file).out
    assert "It is in force." in theirs.run("line", "amend", "show", file).out
    assert "founding charter" in theirs.run("line", "amend", "show").out
