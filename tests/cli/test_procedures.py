"""Every procedure by commands alone: asked, answered and closed between two nodes, and refused with a way on."""

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from rabita.cli.procedures import group_of
from rabita.line.errors import SENTENCES
from rabita.procedures.catalogue import PROCEDURES
from rabita.procedures.engine.definition import ANY, Procedure
from tests.cli.people import Side, quickly_founded, wait_for

ASK: Final = (
    *("rfi", "ask", "--subject", "area", "--purpose", "public-safety", "--urgency", "urgent"),
    *("--latest-time-of-value", "+2d", "--marking", "GREEN"),
)
WORDED: Final = ("--question", "What burns at the crossing?", "--justification", "Smoke is seen from our side.")


def held(side: Side) -> int:
    """Count the cases a side has in its index."""
    return len(side.do("cases")["rows"])


def officer(side: Side, folder: Path, *roles: str) -> tuple[str, ...]:
    """Make an officer's key with its roles, and give the options that let it approve."""
    file = folder / f"{'-'.join(roles)}-{side.home.name}.key"
    side.do(
        "officer", "create", f"DESK-{roles[0].upper()}", file, *[word for role in roles for word in ("--role", role)]
    )
    return tuple(word for role in roles for word in ("--approve", f"{role}:{file}"))


def told(answer_err: str, code: str, *said: str) -> None:
    """Check that a refusal is its code's sentence, and names option and way on."""
    assert answer_err.startswith(SENTENCES[code])
    for each in (f"[{code}", *said):
        assert each in answer_err


@pytest.mark.sockets
def test_an_rfi_is_asked_answered_and_taken_between_two_nodes(tmp_path: Path) -> None:
    pak, irn = quickly_founded(tmp_path)
    ours, theirs = officer(pak, tmp_path, "releaser"), officer(irn, tmp_path, "releaser")
    with pak.serving(), irn.serving():
        asked = pak.do(*ASK, *WORDED, *ours, "--to", "DESK-RELEASER")
        assert (asked["reference"], asked["sealed"], asked["flags"]) == ("X-PAK-R-0001", True, [])
        assert asked["sentence"].startswith("X-PAK asks for information about: area (purpose: public safety; urgent).")
        wait_for(lambda: held(irn) == 1)
        (owed,) = irn.do("owed")["rows"]
        assert (owed["duty"], owed["ours"], owed["view"]) == ("urgent answer", True, "owed")
        assert irn.do("rfi", "accept", "--basis", "X-PAK-R-0001", *theirs)["reference"] == "X-IRN-R-0001"
        wait_for(lambda: pak.do("case", "X-PAK-R-0001")["case"]["state"] == "accepted")
        answer = ("rfi", "answer", "-b", "X-PAK-R-0001", "--found", "held", "--grade", "B3", "--text", "Stubble.")
        assert irn.do(*answer, "--withheld", "answer", *theirs)["sealed"]
        wait_for(lambda: pak.do("case", "X-PAK-R-0001")["case"]["state"] == "answered")
        shown = pak.do("case", "X-PAK-R-0001")
        assert [each["act"] for each in shown["acts"]] == ["ask", "accept", "answer"]
        assert shown["acts"][-1]["withheld"] == 1
        assert shown["acts"][-1]["fields"]["grade"] == {"source": "B", "information": "3"}
        assert "take answer" in [each["act"] for each in shown["next"]]
        page = pak.run("case", "X-PAK-R-0001").out
        assert "    rabita rfi take-answer --basis X-PAK-R-0001" in page
        assert "X-IRN: answer" in page
        pak.do("rfi", "take-answer", "--basis", "X-IRN-R-0002", *ours)
        assert pak.do("cases", "--procedure", "rfi", "--state", "satisfied")["rows"][0]["closed"]
    assert not pak.do("owed", "--to-us")["rows"]
    (hit,) = pak.do("search", "crossing", "--procedure", "rfi")["rows"]
    assert hit["act"]["reference"] == "X-PAK-R-0001"


@pytest.mark.sockets
def test_both_sides_sign_one_digest_and_the_commitment_stands(tmp_path: Path) -> None:
    pak, irn = quickly_founded(tmp_path)
    ours, theirs = officer(pak, tmp_path, "releaser"), officer(irn, tmp_path, "releaser")
    texts = [word for text in ("In English.", "اردو میں۔", "به فارسی.") for word in ("--text", text)]
    languages = [word for code in ("en", "ur", "fa") for word in ("--language", code)]
    terms = ("--owed-by", "both", "--theme", "trade", "--source", "meeting", "--valid", "until-fulfilled")
    with pak.serving(), irn.serving():
        pak.do(
            "commitment",
            "propose",
            *terms,
            "--words-used",
            "at-an-early-date",
            "--review",
            "+30d",
            *texts,
            *languages,
            *ours,
        )
        wait_for(lambda: held(irn) == 1)
        for side, keys in ((pak, ours), (irn, theirs)):
            side.do("commitment", "confirm", "--basis", "X-PAK-R-0001", *keys)
        wait_for(lambda: pak.do("case", "X-PAK-R-0001")["case"]["state"] == "confirmed")
    (joint,) = pak.do("case", "X-PAK-R-0001")["joint"]
    assert joint["stands"]
    assert "Both sides have signed; it stands." in pak.run("case", "X-PAK-R-0001").out


@pytest.mark.sockets
def test_a_dry_run_says_what_would_be_sealed_and_seals_nothing(tmp_path: Path) -> None:
    pak, _ = quickly_founded(tmp_path)
    checked = pak.do("stop-request", "stop", "--what", "gunfire", "--places", "27.0 N 64.1 E", "--check")
    assert (checked["sealed"], checked["reference"], checked["approvals"]) == (False, "", ["officer"])
    assert checked["sentence"].startswith("STOP. X-PAK asks X-IRN to stop at once: gunfire.")
    plain = pak.run("stop-request", "stop", "--what", "gunfire", "--check")
    assert plain.out.startswith("This would be sealed; nothing was.")
    assert held(pak) == 0
    assert pak.do("cases") == {"rows": [], "next": ""}


@pytest.mark.sockets
def test_a_refusal_names_the_option_and_the_rule_and_what_to_do_next(tmp_path: Path) -> None:
    pak, _ = quickly_founded(tmp_path)
    pak.do(*ASK, *WORDED, *officer(pak, tmp_path, "releaser"))
    see = "rabita rfi ask --help"
    refused = [
        (("rfi", "ask", "--subject", "weather"), "field-invalid", "--subject: allowed is area, armed-group", see),
        (("rfi", "ask", "--subject", "area"), "field-missing", "--purpose", see),
        (ASK, "portion-lacking", "--question", see),
        ((*ASK, *WORDED, "--latest-time-of-value", "soon"), "field-invalid", "--latest-time-of-value: a time", see),
        ((*ASK, *WORDED, "--withheld", "tear-line"), "portion-not-allowed", "--withheld", see),
        ((*ASK, *WORDED, "-p", "SLOW"), "setting-invalid", "--precedence: allowed is FLASH", see),
        ((*ASK, *WORDED, "--reply-by", "soon"), "setting-invalid", "--reply-by: a time", see),
        ((*ASK, *WORDED, "--traffic", "war"), "setting-invalid", "--traffic: allowed is", see),
        (("rfi", "accept", "--basis", "X-PAK-R-0001"), "not-your-act", "rabita case X-PAK-R-0001 says", ""),
        (("rfi", "accept"), "case-missing", "name the act it answers with --basis", ""),
        (("rfi", "accept", "--basis", "X-PAK-R-0009"), "reference-unknown", "X-PAK-R-0009", ""),
        (("incident", "report", "--where", "nowhere"), "field-invalid", "--where: ", "rabita incident report --help"),
        (("incident", "report", "--when", "today"), "field-invalid", "--when: from/until", ""),
        (("incident", "report", "--attribution-grade", "good"), "field-invalid", "--attribution-grade: source", ""),
        (("incident", "report", "--harm-killed", "two"), "field-invalid", "--harm-killed: a whole number", ""),
    ]
    for arguments, code, *said in refused:
        answer = pak.run(*arguments, "--check")
        assert (answer.code, answer.out) == (2, ""), arguments
        told(answer.err, code, *said)
    assert pak.run("case", "X-PAK-R-0009").code == 2


@pytest.mark.parametrize("procedure", PROCEDURES, ids=lambda each: each.slug)
def test_every_act_of_every_procedure_has_its_command_with_an_option_for_every_field(
    procedure: Procedure,
) -> None:
    group = group_of(procedure.slug)
    assert group is not None
    assert set(group.commands) == {name.replace(" ", "-") for name in procedure.rules}
    for name, rule in procedure.rules.items():
        command = group.commands[name.replace(" ", "-")]
        flags = [flag for each in command.params for flag in (*each.opts, *each.secondary_opts)]
        assert len(flags) == len(set(flags)), f"{name}: an option stands for two things"
        named = {part for each in command.params if each.name for part in each.name.split("_")}
        for field in rule.fields.__struct_fields__:
            assert field in ("roles", "exercise") or set(field.split("_")) <= named
        for portion in rule.portions:
            assert any(portion.role.replace(ANY, "text") in flag for flag in flags)


def test_an_unknown_command_is_none() -> None:
    assert group_of("telepathy") is None


def test_the_programs_help_does_not_load_the_catalogue() -> None:
    code = (
        "import sys; sys.argv = ['rabita', '--help']\n"
        "from rabita.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = [name for name in sys.modules if name.startswith(('rabita.procedures', 'rabita.services', 'rich'))]\n"
        "print(heavy, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "rabita procedures" in " ".join(done.stdout.split())


@pytest.mark.sockets
def test_the_procedures_are_listed_with_their_acts(tmp_path: Path) -> None:
    listed = Side(tmp_path).do("procedures")
    assert [each["command"] for each in listed] == [each.slug for each in PROCEDURES]
    assert "rabita rfi" in Side(tmp_path).run("procedures", COLUMNS="300").out


@pytest.mark.sockets
def test_a_consent_act_needs_the_foreign_ministry_and_two_officers(tmp_path: Path) -> None:
    pak, irn = quickly_founded(tmp_path)
    drafter, releaser = officer(irn, tmp_path, "drafter"), officer(irn, tmp_path, "releaser")
    ministry = officer(irn, tmp_path, "foreign-ministry")
    area = "27.2 N 62.2 E; 27.2 N 62.4 E; 27.4 N 62.4 E; 27.4 N 62.2 E"
    terms = ("--area", area, "--window", "+1d/+2d")
    with pak.serving(), irn.serving():
        asked = ("notice", "ask-consent", "--purpose", "rescue", *terms)
        pak.do(*asked, *officer(pak, tmp_path, "releaser"))
        wait_for(lambda: held(irn) == 1)
        consent = ("notice", "consent", "--basis", "X-PAK-R-0001", *terms)
        checked = irn.do(*consent, "--check")
        assert checked["approvals"] == ["foreign-ministry", "officer", "officer"]
        irn.do(*consent, *drafter, *releaser, *ministry)
        wait_for(lambda: pak.do("case", "X-PAK-R-0001")["case"]["state"] == "consented")
