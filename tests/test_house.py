"""The rules of the house that no linter keeps: lengths, markers, docstrings, purity of time, and pages that agree."""

import ast
import re
import socket
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

import rabita
from docs.build import DOCS, PAGES
from rabita.line.errors import SENTENCES

ROOT: Final = Path(__file__).parent.parent
FILE_LINES_MAX: Final = 500
FUNCTION_LINES_MAX: Final = 70
MARKERS: Final = re.compile(r"\b(TOD[O]|FIXM[E]|XX[X]|HAC[K])\b")
CLOCKS: Final = {"now", "utcnow", "today"}


def modules(*folders: str) -> Iterator[tuple[str, str, ast.Module]]:
    """Yield (path from the root, text, syntax tree) of every Python file below *folders*."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            yield path.relative_to(ROOT).as_posix(), text, ast.parse(text)


EVERYTHING: Final = list(modules("src", "tests", "docs", "bench", "examples", "supply"))


def test_no_file_is_longer_than_the_house_allows() -> None:
    lengths = {path: len(text.splitlines()) for path, text, _ in EVERYTHING}
    assert {path: lines for path, lines in lengths.items() if lines > FILE_LINES_MAX} == {}


def test_no_function_is_longer_than_the_house_allows() -> None:
    lengths = {
        f"{path}:{node.lineno} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for path, _, tree in EVERYTHING
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: lines for name, lines in lengths.items() if lines > FUNCTION_LINES_MAX} == {}


def test_nothing_is_left_marked_for_later() -> None:
    assert [f"{path}: {found[0]}" for path, text, _ in EVERYTHING if (found := MARKERS.search(text))] == []


def test_every_module_says_why_it_exists() -> None:
    assert [path for path, _, tree in EVERYTHING if not ast.get_docstring(tree)] == []


def test_every_ignored_rule_has_its_reason() -> None:
    silenced = re.compile(r"# (?:noqa|type: ignore|pragma)\b(?!.* - \S)")
    assert [
        f"{path}:{number}"
        for path, text, _ in EVERYTHING
        for number, line in enumerate(text.splitlines(), 1)
        if silenced.search(line) and "silenced =" not in line
    ] == []


def test_the_pure_floors_never_ask_for_the_time() -> None:
    assert [
        f"{path}:{node.lineno}"
        for path, _, tree in modules("src/rabita/line", "src/rabita/procedures")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in CLOCKS
    ] == []


@pytest.mark.parametrize("name", PAGES)
def test_generated_page_is_current(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name](), "run make docs"


def test_every_fault_is_documented_once_and_in_one_plain_sentence() -> None:
    page = (DOCS / "errors.md").read_text(encoding="utf-8")
    for code, sentence in SENTENCES.items():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code), code
        assert page.count(f"| `{code}` |") == 1, code
        assert sentence.endswith("."), code
        assert "|" not in sentence, code


def test_the_version_is_the_project_file_s() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert rabita.__version__ == project["version"]


def test_sockets_are_closed() -> None:
    with socket.socket() as sock, pytest.raises(pytest.fail.Exception, match="opened a socket"):
        sock.connect(("127.0.0.1", 9))


@pytest.mark.sockets
def test_sockets_open_for_a_test_that_says_so() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        assert sock.getsockname()[1] > 0
