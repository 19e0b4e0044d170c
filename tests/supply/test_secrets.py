"""The search for secrets finds each kind, spares what was looked at, and finds none in the project."""

import subprocess
from pathlib import Path

import pytest

from rabita.gateways.rest.access import Scope, issue
from supply.sbom import ROOT
from supply.secrets import findings, search

PLANTED = {
    "rabita": issue("x", Scope.READ, (), 0, 1).text,
    "cookie": "rabita=" + "ab" * 30,
    "aws": "AKIA" + "A1" * 8,
    "github": "ghp_" + "a1" * 18,
    "private": "-----BEGIN " + "PRIVATE KEY-----",
    "age": "AGE-SECRET-" + "KEY-1" + "Q" * 58,
    "url": "https://user" + ":word@host.example/",
    "jwt": "ey" + "JhbGciOiJIUzI1NiJ9.ey" + "JzdWIiOiIxIn0.c2ln",
}


@pytest.mark.parametrize("kind", sorted(PLANTED.keys() - {"cookie"}))
def test_each_kind_is_found_and_named_without_being_told(kind: str) -> None:
    (found, *_) = list(findings("docs/x.md", f"first\nvalue = {PLANTED[kind]}\n"))
    assert found.startswith("docs/x.md:2: ")
    assert PLANTED[kind] not in found


def test_a_random_text_in_the_product_s_code_is_found_and_a_digest_is_none() -> None:
    random = "aB3" * 15
    assert list(findings("src/rabita/x.py", f'KEY = "{random}"'))
    assert not list(findings("docs/x.md", f'KEY = "{random}"'))
    assert not list(findings("src/rabita/x.py", f'DIGEST = "{"0a" * 32}"'))


def test_what_was_looked_at_is_allowed_on_its_line_with_a_reason() -> None:
    line = f"value = '{PLANTED['aws']}'"
    assert not list(findings("x.py", f"{line}  # pragma: allowlist secret - an example of their own manual"))
    allowed = "# pragma: allowlist secret - "
    assert list(findings("x.py", f"{line}  {allowed}"))
    assert list(findings("x.py", f"{allowed}above\n{line}"))


def test_files_that_git_does_not_ignore_are_searched(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)  # noqa: S607 - git is where the system has it
    (tmp_path / ".gitignore").write_text("kept/\n")
    (tmp_path / "kept").mkdir()
    for name in ("new.txt", "kept/own.txt"):
        (tmp_path / name).write_text(PLANTED["aws"])
    assert [each.partition(":")[0] for each in search(tmp_path)] == ["new.txt"]


def test_nothing_in_the_project_looks_like_a_secret() -> None:
    assert search(ROOT) == []
