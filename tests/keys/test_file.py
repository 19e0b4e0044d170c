"""Key files: what they keep, what they refuse, and that nothing they say gives a secret away."""

import base64
import json
import stat
import traceback
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabita.keys import file as key_file
from rabita.keys.file import DEFAULT_COST, Cost, open_keys, save_keys
from rabita.keys.sets import KeySet, NodeKeys, OfficerKey, RecoveryKey, RootKeys
from rabita.line.errors import LocalFault, RabitaError, UserFault

QUICK = Cost(memory_kib=8, passes=1, lanes=1)
PASSPHRASE = "چاغی کی ریت 1402"
ROOT = RootKeys.generate("X-PAK")
SETS: list[KeySet] = [
    ROOT,
    NodeKeys.generate("X-PAK").rotated(),
    RecoveryKey.generate("X-PAK"),
    OfficerKey.generate("X-PAK", "LO-ZAHEDAN"),
]


def refusal(path: Path, passphrase: str = PASSPHRASE) -> RabitaError:
    with pytest.raises((UserFault, LocalFault)) as caught:
        open_keys(path, passphrase, RootKeys)
    return caught.value


def rewritten(path: Path, changes: dict[str, Any], *, mend: bool = True) -> Path:
    """Change the head of a key file as an attacker can, its plain check made to fit again."""
    file = json.loads(path.read_bytes())
    file["head"] |= changes
    if mend:
        head = json.dumps(file["head"], separators=(",", ":"), ensure_ascii=False).encode()
        file["check"] = sha256(head + base64.b64decode(file["sealed"])).hexdigest()
    path.write_text(json.dumps(file))
    return path


@pytest.fixture
def root_file(tmp_path: Path) -> Path:
    path = tmp_path / "root.json"
    save_keys(path, ROOT, PASSPHRASE, cost=QUICK)
    return path


@pytest.mark.parametrize("keys", SETS, ids=lambda keys: type(keys).__name__)
def test_every_kind_of_set_comes_back_as_it_was(tmp_path: Path, keys: KeySet) -> None:
    path = tmp_path / "keys.json"
    save_keys(path, keys, PASSPHRASE, cost=QUICK)
    assert open_keys(path, PASSPHRASE, type(keys)) == keys


def test_the_default_cost_is_that_of_rfc_9106_and_is_written_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "root.json"
    save_keys(path, ROOT, PASSPHRASE)
    assert json.loads(path.read_bytes())["head"]["argon2id"] == {"memory_kib": 65536, "passes": 3, "lanes": 4}
    assert Cost(65536, 3, 4) == DEFAULT_COST
    assert open_keys(path, PASSPHRASE, RootKeys) == ROOT


def test_a_file_is_its_owner_s_alone_and_nothing_lies_beside_it(root_file: Path) -> None:
    assert stat.S_IMODE(root_file.stat().st_mode) == 0o600
    assert list(root_file.parent.iterdir()) == [root_file]


def test_a_file_says_what_it_is_and_holds_no_secret_in_the_open(root_file: Path) -> None:
    text = root_file.read_text(encoding="utf-8")
    head = json.loads(text)["head"]
    assert (head["form"], head["kind"], head["party"]) == ("rabita/keys/v1", "root", "X-PAK")
    for secret in (ROOT.key.ed25519, ROOT.key.mldsa44):
        assert base64.b64encode(secret).decode() not in text
        assert secret.hex() not in text


def test_the_same_set_never_gives_the_same_file_twice(root_file: Path) -> None:
    before = json.loads(root_file.read_bytes())
    save_keys(root_file, ROOT, PASSPHRASE, cost=QUICK, replace=True)
    after = json.loads(root_file.read_bytes())
    assert all(before["head"][name] != after["head"][name] for name in ("salt", "nonce"))
    assert before["sealed"] != after["sealed"]


def test_a_passphrase_is_the_same_however_its_letters_are_composed(tmp_path: Path) -> None:
    path = tmp_path / "root.json"
    save_keys(path, ROOT, "caf\u00e9 au lait", cost=QUICK)
    assert open_keys(path, "cafe\u0301 au lait", RootKeys) == ROOT


def test_a_wrong_passphrase_is_told_from_a_damaged_file(root_file: Path) -> None:
    assert refusal(root_file, PASSPHRASE + ".").code == "passphrase-wrong"
    assert refusal(root_file, "\udcff not text").code == "passphrase-wrong"
    raw = bytearray(root_file.read_bytes())
    raw[raw.index(b'"sealed"') + 20] ^= 1
    root_file.write_bytes(raw)
    assert refusal(root_file).code == "key-file-damaged"


def test_a_missing_file_and_an_unreadable_one_are_told_apart(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.json").code == "key-file-missing"
    assert refusal(tmp_path).code == "key-file-unavailable"


def test_a_file_of_another_kind_is_refused_before_its_passphrase_is_tried(tmp_path: Path) -> None:
    path = tmp_path / "recovery.json"
    save_keys(path, RecoveryKey.generate("X-PAK"), PASSPHRASE, cost=QUICK)
    assert refusal(path, "whatever it is").code == "key-file-foreign"


def test_an_existing_file_is_left_alone_unless_told_to_replace_it(root_file: Path) -> None:
    before = root_file.read_bytes()
    with pytest.raises(UserFault, match="key-file-exists"):
        save_keys(root_file, RootKeys.generate("X-PAK"), PASSPHRASE, cost=QUICK)
    assert root_file.read_bytes() == before
    save_keys(root_file, ROOT, "another passphrase", cost=QUICK, replace=True)
    assert open_keys(root_file, "another passphrase", RootKeys) == ROOT


def test_a_short_passphrase_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserFault, match="passphrase-short"):
        save_keys(tmp_path / "root.json", ROOT, "seven77", cost=QUICK)
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    occupied = tmp_path / "folder"
    occupied.mkdir()
    for path in (tmp_path / "absent" / "root.json", occupied):
        with pytest.raises(LocalFault, match="key-file-unavailable"):
            save_keys(path, ROOT, PASSPHRASE, cost=QUICK, replace=True)
    assert list(tmp_path.iterdir()) == [occupied]


def test_a_cost_that_no_node_would_pay_is_never_written(tmp_path: Path) -> None:
    with pytest.raises(LocalFault, match="key-file-damaged"):
        save_keys(tmp_path / "root.json", ROOT, PASSPHRASE, cost=Cost(8, 99, 1))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "cost",
    [
        {"memory_kib": 2**30, "passes": 1, "lanes": 1},
        {"memory_kib": 2**70, "passes": 1, "lanes": 1},
        {"memory_kib": 8, "passes": 10**9, "lanes": 1},
        {"memory_kib": 64, "passes": 1, "lanes": 2**20},
        {"memory_kib": 8, "passes": 1, "lanes": 8},
        {"memory_kib": -1, "passes": 0, "lanes": 0},
    ],
)
def test_a_hostile_cost_is_refused_before_it_is_paid(root_file: Path, cost: dict[str, int]) -> None:
    assert refusal(rewritten(root_file, {"argon2id": cost})).code == "key-file-damaged"


@pytest.mark.parametrize("change", [{"party": "X-IRN"}, {"salt": "A" * 22 + "=="}, {"nonce": "A" * 16}])
def test_a_head_that_was_changed_does_not_open(root_file: Path, change: dict[str, str]) -> None:
    assert refusal(rewritten(root_file, change)).code == "passphrase-wrong"


def test_a_head_that_was_changed_by_accident_is_damage(root_file: Path) -> None:
    assert refusal(rewritten(root_file, {"party": "X-IRN"}, mend=False)).code == "key-file-damaged"


def test_a_file_of_a_later_form_is_not_guessed_at(root_file: Path) -> None:
    assert refusal(rewritten(root_file, {"form": "rabita/keys/v2"})).code == "key-file-damaged"


def test_a_file_without_end_is_not_read_to_its_end(root_file: Path) -> None:
    root_file.write_bytes(root_file.read_bytes() + b" " * key_file.KEY_FILE_BYTES_MAX)
    assert refusal(root_file).code == "key-file-damaged"


def test_content_of_another_form_under_the_right_passphrase_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "root.json"
    short = msgspec.structs.replace(ROOT.key, ed25519=b"short")
    save_keys(path, msgspec.structs.replace(ROOT, key=short), PASSPHRASE, cost=QUICK)
    assert refusal(path).code == "key-file-damaged"


def test_no_fault_and_no_traceback_of_one_holds_a_secret(root_file: Path) -> None:
    fault = refusal(root_file, "wrong passphrase")
    shown = "".join(traceback.format_exception(fault)) + repr(fault) + str(fault.args)
    assert "wrong passphrase" not in shown
    assert PASSPHRASE not in shown


@given(raw=st.one_of(st.binary(max_size=300), st.text(max_size=200).map(str.encode)))
def test_any_bytes_give_a_typed_fault(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzzed.json"
    path.write_bytes(raw)
    assert refusal(path).code == "key-file-damaged"


@given(data=st.data())
def test_any_small_change_gives_a_typed_fault(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = tmp_path_factory.getbasetemp() / "mutated.json"
    save_keys(path, ROOT, PASSPHRASE, cost=QUICK, replace=True)
    raw = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at : at + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))
    path.write_bytes(raw)
    try:
        assert open_keys(path, PASSPHRASE, RootKeys) == ROOT
    except (UserFault, LocalFault) as fault:
        assert fault.code in {"key-file-damaged", "key-file-foreign"}
