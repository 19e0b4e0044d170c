"""What bandit finds is held against what was reviewed: what is new fails, and what is gone fails too."""

from pathlib import Path

from supply.findings import REVIEWED, differences, scan

KNOWN = [(check, path.replace("*", "x.py"), 1, "known") for check, path in REVIEWED]


def test_what_bandit_finds_is_what_was_reviewed(tmp_path: Path) -> None:
    folder = tmp_path / "src" / "rabita" / "cli"
    folder.mkdir(parents=True)
    (folder / "new.py").write_text("import pickle\n\n\ndef load(raw):\n    return eval(pickle.loads(raw))\n")
    (folder / "broken.py").write_text("def (\n")
    found = scan(tmp_path)
    assert {check for check, _, _, _ in found} == {"B403", "B301", "B307", "unread"}
    said = differences([*KNOWN, *found])
    assert len(said) == len(found)
    assert all(each.startswith("src/rabita/cli/") for each in said)


def test_a_finding_in_another_file_than_the_one_reviewed_is_new() -> None:
    assert differences(KNOWN) == []
    assert differences([*KNOWN, ("B608", "src/rabita/services/new.py", 7, "sql")]) == [
        "src/rabita/services/new.py:7: B608 sql"
    ]


def test_what_is_accepted_and_gone_is_told() -> None:
    assert "is accepted and no longer found" in differences(KNOWN[1:])[0]


def test_every_acceptance_has_its_reason() -> None:
    assert all(REVIEWED.values())
