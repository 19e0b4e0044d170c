"""The doctor names settings that are allowed and unsafe, and files that others can read or write."""

from pathlib import Path

import msgspec
import pytest

from rabita.app.doctor_settings import unsafe_settings
from rabita.app.home import Home
from rabita.app.settings import Settings


def unsafe(folder: Path, **changed: object) -> set[str]:
    """Name what is found wrong with settings."""
    settings = msgspec.structs.replace(Settings(home=folder, party="PAK"), **changed)
    found = list(unsafe_settings(Home(folder), settings))
    assert all(bool(each.detail) != each.ok for each in found)
    return {each.what for each in found if not each.ok}


def test_the_defaults_are_safe(tmp_path: Path) -> None:
    assert unsafe(tmp_path) == set()


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"web_port": 8420, "web_address": "192.0.2.1"}, "web_certificate"),
        ({"web_officer_keys": ("x.json",)}, "web_officer_keys"),
        ({"session_idle_minutes": 61}, "session_idle_minutes"),
        ({"session_hours": 13}, "session_hours"),
        ({"invitation_minutes": 61}, "invitation_minutes"),
        ({"web_rate_per_s": 1_001}, "web_rate_per_s"),
        ({"disk_reserve_bytes": 0}, "disk_reserve_bytes"),
    ],
)
def test_each_unsafe_setting_is_named(tmp_path: Path, changed: dict[str, object], name: str) -> None:
    assert unsafe(tmp_path, **changed) == {f"setting {name}"}


def test_in_an_exercise_a_node_may_approve_by_itself(tmp_path: Path) -> None:
    assert unsafe(tmp_path, party="X-PAK", web_officer_keys=("x.json",)) == set()


def test_files_that_others_can_read_or_write_are_named(tmp_path: Path) -> None:
    files = {
        name: tmp_path / name for name in ("word", "web.key", "officer.json", "web.pem", "rabita.toml", "policies")
    }
    for path in files.values():
        path.write_text("x")
        path.chmod(0o600)
    named = {
        "passphrase_file": str(files["word"]),
        "web_key": str(files["web.key"]),
        "web_officer_keys": (str(files["officer.json"]),),
        "web_certificate": str(files["web.pem"]),
        "policy_dir": str(files["policies"]),
        "party": "X-PAK",
    }
    assert unsafe(tmp_path, **named) == set()
    for path in files.values():
        path.chmod(0o644)
    assert unsafe(tmp_path, **named) == {"mode of word", "mode of web.key", "mode of officer.json"}
    for path in files.values():
        path.chmod(0o622)
    assert unsafe(tmp_path, **named) == {f"mode of {name}" for name in files}
