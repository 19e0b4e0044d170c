"""The pages without data as they are served: headers, no code inline, every word translatable, labels, scripts."""

import re
from html import unescape
from importlib.resources import files

import httpx
import pytest

from rabita.desk.shells import SHELLS
from rabita.desk.static_files import CODES, PATH, TYPES, address, static, static_names
from rabita.desk.words import ENGLISH
from rabita.gateways.rest.routing import OPEN
from rabita.services.drafts import Did, State
from tests.gateways.people import Side

SCRIPTS = [each.removesuffix(".js") for each in static_names() if each.endswith(".js")]
SOURCES = {name: static(f"{name}.js").decode() for name in SCRIPTS}
TEMPLATES = sorted(files("rabita.desk").joinpath("templates").iterdir(), key=lambda each: each.name)
MADE = {"codes"}
PATHS = {each.page: each.path for each in SHELLS}


@pytest.mark.sockets
def test_every_page_and_file_is_served_under_a_strict_policy(side: Side) -> None:
    with side.http("") as http:
        assert http.get("/").headers["location"] == "/sign-in"
        pages = {each.path: each.gives for each in side.pages if each.action == OPEN and each.path not in ("/", PATH)}
        found = {address(each): TYPES[each.rpartition(".")[2]] for each in static_names()}
        for path, media_type in (pages | found).items():
            answer = http.get(path)
            assert answer.status_code == 200
            check_headers(answer)
            assert answer.headers["content-type"].partition(";")[0] == media_type


def check_headers(answer: httpx.Response) -> None:
    policy = answer.headers["content-security-policy"]
    for rule in ("default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self'"):
        assert rule in policy
    for rule in ("form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"):
        assert rule in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.sockets
@pytest.mark.parametrize("name", sorted(PATHS))
def test_a_page_has_no_code_inline_and_labels_for_all_one_fills_in(side: Side, name: str) -> None:
    with side.http("") as http:
        text = http.get(PATHS[name]).text
    assert re.findall(r"<script[^>]*>(?!</script>)|<style|\son\w+=|style=|https?:", text) == []
    assert text.startswith('<!doctype html>\n<html lang="en" dir="ltr"')
    assert text.count("<h1>") == text.count("<main") == text.count('id="said"') == 1
    for field in re.findall(r'<(?:input|select|textarea) id="(\w+)"', text):
        assert f'<label for="{field}">' in text
    for label in re.findall(r'aria-(?:labelledby|describedby)="(\w+)"', text):
        assert f'id="{label}"' in text


@pytest.mark.sockets
def test_a_page_is_in_the_language_a_browser_asks_for(side: Side) -> None:
    with side.http("") as http:
        for asked, found in (
            ("ur", "ur"),
            ("de, fa;q=0.8, en;q=0.5", "fa"),
            ("de", "en"),
            ("", "en"),
            ("ur;q=x", "ur"),
        ):
            text = http.get("/sign-in", headers={"accept-language": asked}).text
            assert f'<html lang="{found}" dir="{"ltr" if found == "en" else "rtl"}"' in text


@pytest.mark.parametrize("template", [each.name for each in TEMPLATES])
def test_a_template_says_nothing_that_a_catalogue_cannot_translate(template: str) -> None:
    """What stands between tags and is no expression is no word."""
    text = files("rabita.desk").joinpath("templates", template).read_text(encoding="utf-8")
    bare = re.sub(r"<bdi[^>]*lang=\"en\"[^>]*>EXERCISE</bdi>", "", text)
    bare = re.sub(r"{%.*?%}|{#.*?#}|{{.*?}}", "", bare, flags=re.DOTALL)
    said = re.findall(r">([^<]*)<", f">{bare}<") + re.findall(r'(?:aria-label|title|placeholder|alt)="([^"]*)"', bare)
    assert [each for each in said if re.search(r"[^\W\d_]", unescape(each))] == []


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


def test_every_word_for_scripts_is_said_by_one() -> None:
    everything = "".join(SOURCES.values())
    built = ("state_", "step_", "field_", "value_", "standing_", "officers_", "media_", "grade_")
    unsaid = [name for name in ENGLISH if f"words.{name}" not in everything and not name.startswith(built)]
    assert unsaid == []


def test_codes_are_those_of_the_node() -> None:
    assert b'"officer"' not in static("codes.js")
    everything = "".join(SOURCES.values())
    assert [name for name in CODES if f"codes.{name}" not in everything] == []
    assert static("codes.js").startswith(b"export const codes = {")
