"""``rabita policy``: what a party does with its policies, without a node."""

from pathlib import Path

import pytest

from tests.cli.people import Side

pytestmark = pytest.mark.sockets


@pytest.fixture
def side(tmp_path: Path) -> Side:
    return Side(tmp_path / "home")


def test_the_built_in_set_is_shown_checked_and_holds(side: Side) -> None:
    shown = side.run("policy", "show", "--json").json
    assert len(shown["digest"]) == 64
    assert {"four-eyes", "clearance", "token-lines"} <= {each["id"] for each in shown["policies"]}
    assert all(each["words"].endswith(".") for each in shown["policies"])
    assert "four-eyes" in side.run("policy", "show").out
    assert side.run("policy", "check", "--json").json[0]["ok"]
    tested = side.run("policy", "test", "--json")
    assert (tested.code, tested.json["failed"]) == (0, [])
    assert f"{tested.json['rows']} of {tested.json['rows']} rows hold." in side.run("policy", "test").err


def test_a_set_of_ones_own_begins_as_a_copy_and_is_tried(side: Side, tmp_path: Path) -> None:
    folder = tmp_path / "policies"
    assert side.run("policy", "copy", folder).code == 0
    assert side.run("policy", "copy", folder).code == 2, "nothing is written over"
    assert side.run("policy", "check", folder).code == 0
    release = folder / "release.cedar"
    release.write_text(release.read_text().replace("resource.drafters.contains(principal)", "false"))
    tried = side.run("policy", "test", folder)
    assert tried.code == 1
    assert "four eyes" in tried.out
    assert {each["who"] for each in side.run("policy", "test", folder, "--json").json["failed"]} >= {"releaser"}
    assert side.run("policy", "check", folder, RABITA_POLICY_DIR="").code == 1
    release.write_text("permit (princ);")
    refused = side.run("policy", "show", folder)
    assert refused.code == 2
    assert "release.cedar:1: " in refused.err
    assert "release.cedar:1: " in side.run("policy", "check", RABITA_POLICY_DIR=str(folder)).out.replace("\n", "")


def test_a_refusal_is_explained(side: Side) -> None:
    asked = ("policy", "explain", "release", "--role", "releaser@HOME")
    assert side.run(*asked, "--about", "drafters=another").out == "Allowed. [officer-releases]\n"
    own = side.run(*asked, "--about", "drafters=another,self", "--about", "markings=SECRET")
    assert own.code == 1
    assert own.out.startswith("Refused: It is marked above your clearances. Whoever wrote any of it")
    assert "[clearance, four-eyes]" in own.out
    cleared = side.run(*asked, "--clearance", "SECRET", "--about", "markings=SECRET", "--json")
    assert cleared.json == {"allowed": True, "sentence": "", "policies": ["officer-releases"]}
    told = side.run("policy", "explain", "export-audit", "--scope", "seal")
    assert told.out == "Refused: A token of the scope audit may read the audit log. Nothing else allows it.\n"
    for wrong in (("dance",), ("read", "--about", "colour=red"), ("read", "--about", "consent=perhaps")):
        assert side.run("policy", "explain", *wrong).code == 2
