"""The officers' pages as they are served: headers, no code inline, every word of the catalogue, labels, scripts."""

import re
from html import unescape

import httpx
import pytest

from rabita.gateways.rest.pages import CODES, PAGES, ROUTES, SCRIPTS, page, static
from rabita.gateways.rest.words import ENGLISH
from rabita.services.drafts import Did, State
from tests.gateways.people import Side

SOURCES = {name: static(f"{name}.js").decode() for name in SCRIPTS}
MADE = {"words", "codes"}


def told(text: str) -> set[str]:
    """Give what a page says to people, between its tags."""
    return {each.strip(" :\n") for each in unescape(re.sub(r"<[^>]*>", "\0", text)).split("\0") if each.strip(" :\n")}


@pytest.mark.sockets
def test_every_page_and_file_is_served_under_a_strict_policy(side: Side) -> None:
    with side.http("") as http:
        for route in ROUTES:
            answer = http.get(route.path)
            assert answer.status_code == 200
            check_headers(answer)
            assert answer.headers["content-type"].partition(";")[0] == route.gives


def check_headers(answer: httpx.Response) -> None:
    policy = answer.headers["content-security-policy"]
    for rule in ("default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self'"):
        assert rule in policy
    for rule in ("form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"):
        assert rule in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_code_inline_and_no_words_but_the_catalogue_s(name: str) -> None:
    text = page(name).decode()
    assert re.findall(r"<script[^>]*>(?!</script>)|<style|\son\w+=|style=|https?:", text) == []
    assert text.startswith('<!doctype html>\n<html lang="en" dir="ltr">')
    assert text.count("<h1>") == text.count("<main") == text.count('id="said"') == 1
    for field in re.findall(r'<(?:input|select|textarea) id="(\w+)"', text):
        assert f'<label for="{field}">' in text
    for label in re.findall(r'aria-(?:labelledby|describedby)="(\w+)"', text):
        assert f'id="{label}"' in text
    words = {each.strip(" :") for each in ENGLISH.values()}
    assert told(text) <= words | {f"{each} - {ENGLISH['name']}" for each in words}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_writes_text_only_and_says_what_the_catalogue_has(name: str) -> None:
    script = SOURCES[name]
    unsafe = r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|Function\(|https?:|setTimeout\(\"|srcdoc"
    assert re.findall(unsafe, script) == []
    assert {each for each in re.findall(r"words\.(\w+)", script) if each != "js"} <= set(ENGLISH)
    imported = re.findall(r'from "\./(\w+)\.js"', script)
    assert set(imported) <= set(SCRIPTS) | MADE
    for names, source in re.findall(r'import \{ ([^}]*) \} from "\./(\w+)\.js"', script):
        if source not in MADE:
            exported = set(re.findall(r"export (?:async )?(?:function|const|class) (\w+)", SOURCES[source]))
            assert {each.partition(" as ")[0] for each in names.split(", ")} <= exported
        for each in names.split(", "):
            assert len(re.findall(rf"\b{each.rpartition(' ')[2]}\b", script)) > 1, each


def test_every_state_step_and_standing_has_its_words() -> None:
    for state in State:
        assert f"state_{state.replace('-', '_')}" in ENGLISH
    for did in Did:
        assert f"step_{did.replace('-', '_')}" in ENGLISH
    for deed in ("suspend", "revoke", "restore", "recover"):
        assert f"officers_{deed}" in ENGLISH


def test_every_word_of_the_catalogue_is_said_somewhere() -> None:
    everything = "".join([*SOURCES.values(), *(page(name).decode() for name in PAGES)])
    built = ("state_", "step_", "field_", "value_", "standing_", "officers_", "drafts_")
    shown = {escaped for name in PAGES for escaped in told(page(name).decode())}
    unsaid = [
        name
        for name, text in ENGLISH.items()
        if f"words.{name}" not in everything and text.strip(" :") not in shown and not name.startswith(built)
    ]
    assert [each for each in unsaid if not each.endswith(("_title", "_lead"))] == ["menu"]


def test_codes_are_those_of_the_node() -> None:
    assert b'"officer"' not in static("codes.js")
    assert {"purposes", "categories", "kinds", "roles", "ranks", "languages", "members"} == set(CODES)
    assert static("codes.js").startswith(b"export const codes = {")
