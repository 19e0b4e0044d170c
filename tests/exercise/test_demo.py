"""``rabita demo`` as a visitor runs it: two real nodes, real TLS, two transcripts that verify and agree."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import pytest

from rabita.app.home import Home
from rabita.line.entry import decode_act, decode_approvals
from rabita.line.transcript import verify_transcript
from rabita.line.transcript_report import compare
from rabita.services.exercise import built_in
from rabita.services.reads import find_entry, view
from rabita.store.sqlite import SqliteStore, open_store

pytestmark = pytest.mark.sockets

RABITA: Final = (sys.executable, "-c", "from rabita.cli import main; main()")
DEMO: Final = (*RABITA, "demo")
PLAYING: Final = "Playing 207 acts"
ENDED_S: Final = 300
"""A bound for what must end; nothing is measured."""
SCENARIO: Final = built_in()
KEYS, PASSKEYS, RELEASED = 4, 2, 1
"""What is on the line besides the acts of the plays: two kinds of credentials, the message released in the end."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("visitor") / "demo"


@pytest.fixture(scope="module")
def summary(folder: Path) -> dict[str, Any]:
    done = subprocess.run(
        [*DEMO, "--once", "--json", "--home", str(folder)], capture_output=True, timeout=ENDED_S, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture
def stores(folder: Path, summary: dict[str, Any]) -> Iterator[dict[str, SqliteStore]]:
    opened = {code: open_store(Home(folder / code.lower()).database) for code in summary["sides"]}
    yield opened
    for store in opened.values():
        store.close()


def test_the_summary_says_that_all_was_receipted_verified_and_agrees(summary: dict[str, Any]) -> None:
    assert summary["ok"]
    assert summary["exercise"]
    assert summary["verified"]
    assert summary["agree"]
    assert summary["receipted"]
    assert summary["acts"] == len(SCENARIO.turns)
    assert summary["entries"] == summary["receipts"] == summary["acts"] + KEYS + PASSKEYS + RELEASED
    assert summary["fault"] == ""
    assert summary["wall_time_s"] > summary["play_time_s"] > 0
    pak, irn = summary["sides"]["X-PAK"], summary["sides"]["X-IRN"]
    assert pak["sealed"] == pak["receipted"] == irn["received"]
    assert irn["sealed"] == irn["receipted"] == pak["received"]
    assert sum(pak["by_lane"].values()) + sum(irn["by_lane"].values()) == summary["entries"]


def test_it_ends_with_a_message_that_one_officer_wrote_and_another_released_with_a_passkey(
    summary: dict[str, Any], stores: dict[str, SqliteStore]
) -> None:
    for store in stores.values():
        entry = find_entry(store, summary["released"])
        assert b"webauthn.get" in decode_approvals(entry.row.entry.approvals)[0].client_data
        shown = view(store, entry)
        assert [(each.role, each.standing) for each in shown.approvals] == [("releaser", "verified")]
        assert "released by another" in shown.portions[0].text


def test_both_nodes_compute_the_same_state_of_every_case(summary: dict[str, Any]) -> None:
    states = summary["states"]
    assert summary["states_equal"]
    assert states["equal"]
    assert not states["differ"]
    assert states["cases"] == len(states["fingerprints"]) > 70
    assert len(set(states["digest"].values())) == 1


def test_each_play_has_its_report_and_the_plays_stand_side_by_side(summary: dict[str, Any]) -> None:
    told = summary["after_action"]
    assert [play["play"] for play in told["plays"]] == ["january-2024-1", "january-2024-2"]
    assert [play["acts"] for play in told["plays"]] == [len(SCENARIO.of(1)), len(SCENARIO.of(2))]
    assert [play["rupture_days"] for play in told["plays"]] == [9, 9]
    assert [sum(each["signed"] for each in play["promises"]) for play in told["plays"]] == [3, 4]
    assert all(len(row["values"]) == 2 for row in told["side_by_side"])
    assert "would not have happened" in told["caution"]


def test_the_report_is_made_anew_from_the_two_files_alone(summary: dict[str, Any], folder: Path) -> None:
    both = [side["transcript"] for side in summary["sides"].values()]
    done = subprocess.run([*RABITA, "exercise", "report", *both, "--json"], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout) == {"states": summary["states"], "after_action": summary["after_action"]}
    page = subprocess.run([*RABITA, "exercise", "report", *both], capture_output=True, check=False, text=True)
    for said in ("As it happened", "With the mechanism", "Side by side", "From rupture to restoration: 9 days."):
        assert said in page.stdout
    altered = folder / "altered.transcript"
    altered.write_bytes(Path(both[0]).read_bytes().replace(b'"stopped":""', b'"stopped":" "', 1))
    refused = subprocess.run(
        [*RABITA, "exercise", "report", altered, both[1]], capture_output=True, check=False, text=True
    )
    assert refused.returncode == 4
    assert "transcript-altered" in refused.stderr
    alone = subprocess.run([*RABITA, "exercise", "report", both[0]], capture_output=True, check=False, text=True)
    assert (alone.returncode, "transcripts-needed" in alone.stderr) == (2, True)


def test_a_scenario_that_breaks_a_rule_fails_the_run_and_names_inject_and_rule(tmp_path: Path) -> None:
    raw = (files("rabita") / "data" / "scenarios" / "january-2024.toml").read_text(encoding="utf-8")
    broken = tmp_path / "broken.toml"
    broken.write_text(raw.replace('kind = "return-ambassador"', 'kind = "resume-trade"'), encoding="utf-8")
    done = subprocess.run(
        [*DEMO, "--once", "--json", "--home", str(tmp_path / "demo"), "--scenario", str(broken)],
        capture_output=True,
        timeout=ENDED_S,
        check=False,
    )
    assert done.returncode == 1
    assert json.loads(done.stdout)["fault"] == "scenario-unplayable"
    said = " ".join(done.stderr.decode().split())
    assert "[scenario-unplayable: ambassador-back: measure-undone-otherwise: resume-trade]" in said


def test_a_stranger_verifies_both_transcripts_from_their_bytes(summary: dict[str, Any]) -> None:
    one, two = (
        verify_transcript(Path(side["transcript"]).read_bytes().splitlines()) for side in summary["sides"].values()
    )
    assert one.genuine
    assert two.genuine
    assert one.exercise
    assert one.entries == two.entries == summary["entries"]
    assert one.approvals == two.approvals == {"verified": 2 * summary["acts"] + RELEASED}
    assert all(log.author_mldsa == log.complete for log in one.logs.values())
    assert compare(one, two).equal


def test_every_act_is_as_the_scenario_has_it(stores: dict[str, SqliteStore], summary: dict[str, Any]) -> None:
    digests, acts = {}, {}
    for listed in stores["X-IRN"].listed(summary["line"], "", 0, 1000):
        act = decode_act(listed.row.entry.act)
        if "exercise" in act.fields:
            name = (act.fields["exercise"]["scenario"], act.fields["exercise"]["inject"])
            acts[name] = act
            digests[name] = listed.row.act_digest.hex()
    for play, inject in SCENARIO.turns:
        code = SCENARIO.code(play.number)
        act = acts[code, inject.id]
        assert (act.author, act.precedence, act.procedure, act.act) == (
            inject.party,
            inject.precedence,
            inject.procedure,
            inject.act,
        )
        assert act.marking == inject.marking
        assert act.basis == tuple(digests[code, each] for each in inject.answers)
        assert [ref.state for ref in act.portions] == [
            "withheld" if each.withheld else "sent" for each in inject.portions
        ]


def test_an_answer_shows_that_its_author_held_what_it_answers(
    stores: dict[str, SqliteStore], summary: dict[str, Any]
) -> None:
    shown = view(stores["X-PAK"], find_entry(stores["X-PAK"], "X-IRN-F-0003"))
    assert shown.fields["exercise"]["inject"] == "stop-panjgur-will"
    assert [each.standing for each in shown.approvals] == ["verified", "verified"]
    flash = 1
    assert shown.seen[flash] == 3
    assert summary["sides"]["X-PAK"]["by_lane"]["FLASH"] >= 1


def test_withheld_words_never_leave_their_author(folder: Path, summary: dict[str, Any]) -> None:
    withheld = {inject.party: each.text for inject in SCENARIO.injects for each in inject.portions if each.withheld}
    for author, text in withheld.items():
        words = text.encode()
        for side in summary["sides"].values():
            assert words not in Path(side["transcript"]).read_bytes()
        for code in summary["sides"]:
            held = b"".join(path.read_bytes() for path in Home(folder / code.lower()).folder.glob("rabita.db*"))
            assert (words in held) == (code == author)


def test_secrets_are_readable_by_the_visitor_alone(folder: Path, summary: dict[str, Any]) -> None:
    assert summary["ok"]
    kept = [folder / "passphrase", *folder.glob("*/keys/*.json"), *folder.glob("*/rabita.db")]
    assert not (folder / "links.txt").exists()
    assert len(kept) == 1 + 2 * 6 + 2
    assert {path.stat().st_mode & 0o777 for path in kept} == {0o600}
    word = (folder / "passphrase").read_text(encoding="utf-8").strip()
    logs = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*/serve.log"))
    assert word not in logs


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine", encoding="utf-8")
    done = subprocess.run([*DEMO, "--once", "--home", str(tmp_path)], capture_output=True, timeout=ENDED_S, check=False)
    assert done.returncode == 2
    assert b"home-taken" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


@contextmanager
def playing(folder: Path, *flags: str) -> Iterator[subprocess.Popen[str]]:
    """Run a slow exercise until it plays."""
    process = subprocess.Popen(
        [*DEMO, "--home", str(folder), "--pace", "600", *flags],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        assert any(PLAYING in line for line in process.stderr)
        yield process
    finally:
        process.kill()
        process.communicate()


def nodes_of(process: subprocess.Popen[str]) -> list[int]:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii")
    return [int(pid) for pid in children.split()]


def is_running(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_a_node_killed_in_the_middle_is_named_and_the_other_is_stopped(tmp_path: Path) -> None:
    with playing(tmp_path / "demo", "--json") as process:
        nodes = nodes_of(process)
        assert len(nodes) == 2
        os.kill(nodes[1], signal.SIGKILL)
        out, err = process.communicate(timeout=ENDED_S)
    assert process.returncode == 1
    assert json.loads(out)["fault"] == "node-unreachable"
    assert not json.loads(out)["ok"]
    assert re.search(r"\[node-unreachable: X-(PAK|IRN)", err)
    assert not any(map(is_running, nodes))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGHUP, 143)])
def test_stopped_in_the_middle_it_stops_both_nodes(tmp_path: Path, number: int, code: int) -> None:
    with playing(tmp_path / "demo") as process:
        nodes = nodes_of(process)
        process.send_signal(number)
        process.communicate(timeout=ENDED_S)
    assert process.returncode == code
    assert not any(map(is_running, nodes))
