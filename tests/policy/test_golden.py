"""The built-in policies against their golden table: role by action by marking by state of accreditation."""

from pathlib import Path
from shutil import copyfile

import pytest

from rabita.policy.cedar import CedarPolicy, open_policy
from rabita.policy.files import Source, builtin, deeds, read_source
from rabita.policy.tables import laxer, read_table, tried
from rabita.services.officers import Role
from rabita.services.policy import clears

TABLE = read_table("")
RULES = open_policy("").load()
ROWS_MIN = 150


def without(rule: str) -> CedarPolicy:
    """Give the built-in set less one policy."""
    source = read_source("")
    (text,) = [each.written.text for each in RULES if each.id == rule]
    return CedarPolicy(Source("", {name: whole.replace(text, "") for name, whole in source.texts.items()}))


def test_every_row_comes_to_what_was_written_by_hand() -> None:
    assert [each for each in tried(open_policy(""), TABLE) if not each.holds] == []


def test_the_table_covers_every_action_role_marking_and_state_both_ways() -> None:
    asked = [(row.who, row.action, row.about) for row in TABLE.rows]
    assert len(asked) == len(set(asked)) >= ROWS_MIN
    assert all(row.why for row in TABLE.rows)
    ways = {(row.action, row.expected) for row in TABLE.rows}
    assert ways == {(action, way) for action in deeds() for way in ("allow", "refuse")} - {("release-alone", "allow")}
    roles = {role for row in TABLE.rows for role, _ in TABLE.who[row.who].tenures}
    assert roles == set(Role)
    named = {each for row in TABLE.rows for each in row.about.split(" + ") if each}
    assert named == set(TABLE.about)
    assert {row.who for row in TABLE.rows} == set(TABLE.who)


@pytest.mark.parametrize("rule", [each.id for each in RULES])
def test_no_policy_can_be_left_out_unseen(rule: str) -> None:
    policy = without(rule)
    assert len(policy.load()) == len(RULES) - 1
    assert [each for each in tried(policy, TABLE) if not each.holds]


@pytest.mark.parametrize("rule", [each.id for each in RULES if not each.permits])
def test_a_set_that_forbids_less_is_found_to_be_laxer(rule: str) -> None:
    decides = {each.row.by for each in tried(open_policy(""), TABLE)}
    assert laxer(without(rule), TABLE) or rule in decides
    assert laxer(open_policy(""), TABLE) == []


def test_a_party_may_let_a_duty_officer_release_a_flash_alone(tmp_path: Path) -> None:
    for each in builtin().iterdir():
        if each.name.endswith(".cedar"):
            (tmp_path / each.name).write_bytes(each.read_bytes())
    copyfile(str(builtin() / "flash-alone.cedar.example"), tmp_path / "flash-alone.cedar")
    found = laxer(open_policy(str(tmp_path)), TABLE)
    assert [(each.row.who, each.row.about, each.decision.policies) for each in found] == [
        ("duty-releaser", "own + flash", ("flash-alone",))
    ]


def test_a_clearance_covers_its_level_and_those_below() -> None:
    levels = ("LOW", "MIDDLE", "HIGH")
    assert clears(levels, ("MIDDLE",), ("LOW", "MIDDLE", ""))
    assert clears(levels, (), ())
    assert not clears(levels, ("MIDDLE",), ("LOW", "HIGH"))
    assert not clears(levels, (), ("LOW",))
    assert not clears(levels, ("HIGH", "COSMIC"), ("COSMIC",))
