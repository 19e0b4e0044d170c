"""Hostile words in every field that takes words, of every page: they stay words wherever they are shown.

Nothing is listed by name: what is tried is what the pages themselves show, and what the catalogue's own schemas draw.
"""

import json
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from rabita.desk.shells import SHELLS
from rabita.desk.words import ENGLISH
from rabita.procedures.catalogue import CATALOGUE
from rabita.services.officers import Role
from tests.browser.chromium import located
from tests.browser.conftest import Open, Staff
from tests.browser.flow import POST, begun, queued, saved, signed, submitted
from tests.browser.hostile import HOSTILE, PLAIN, field, outcome, spelled, stays_words, tagged, text_fields
from tests.browser.people import Officer, entered
from tests.gateways.browser import Browser
from tests.gateways.people import House, Side

pytestmark = pytest.mark.sockets

ACTS: Final = (
    ("message", "send"),
    ("incident", "report"),
    ("commitment", "propose"),
)
"""Drafts that are written whole; the fields of every other act are drawn and read by the test after this."""
WRITING: Final = "#writing"
OPENED: Final = """([add, tick]) => {
  const all = (kind) => [...document.querySelectorAll(`#writing ${kind}`)];
  for (const each of all("details")) each.open = true;
  const next = tick
    ? all("input[type=checkbox][id$='.said']").find((each) => !each.checked && !each.dataset.tried)
    : all("button").find((each) => each.textContent.startsWith(add) && !each.dataset.tried);
  if (!next) return "";
  next.dataset.tried = "yes";
  next.click();
  for (const each of all("select")) if (!each.value) each.selectedIndex = Math.min(1, each.options.length - 1);
  return next.id || "row";
}"""
THROUGH: Final = located("""async ([acts, texts]) => {
  const { control } = await import("/static/form.js");
  const { members } = await import("/static/reading.js");
  const told = [];
  for (const [slug, act] of acts) {
    const { acts: rules } = await (await fetch(`/procedures/${slug}`)).json();
    const drawn = control(rules[act].fields, "fields", undefined, { needed: true });
    document.body.append(drawn.node);
    const all = (kind) => [...drawn.node.querySelectorAll(kind)];
    const add = all("button").length && all("button")[0].textContent.split(":")[0];
    const tried = new Set();
    for (let next; (next = all("button, input[id$='.said']").find((each) => !tried.has(each) &&
        (each.type === "checkbox" || each.textContent.startsWith(add)))); ) {
      tried.add(next);
      next.click();
    }
    for (const text of texts) {
      const fields = all("input:not([type=checkbox]), textarea");
      for (const each of fields) {
        each.value = text;
        each.dispatchEvent(new Event("input", { bubbles: true }));
        try { drawn.read(); } catch { each.value = ""; each.dispatchEvent(new Event("input", { bubbles: true })); }
      }
      const read = drawn.read();
      const shown = members(read);
      document.body.append(shown);
      const words = [...shown.querySelectorAll(".written")].map((each) => each.textContent);
      const kept = fields.filter((each) => each.value).length;
      const said = JSON.stringify(read, (name, each) => (name === "roles" ? undefined : each));
      told.push([slug, act, fields.length, kept, said.split(JSON.stringify(text)).length - 1, words]);
      shown.remove();
    }
    drawn.node.remove();
  }
  return told;
}""")


def said_of(page: Page) -> str:
    """Give what the node holds of the draft that is open, as JSON."""
    asked = "(id) => fetch(`/drafts/${id}`).then((each) => each.json()).then((each) => each.said)"
    return json.dumps(page.evaluate(asked, page.url.partition("#")[2]), ensure_ascii=False)


def unfolded(page: Page) -> None:
    """Open every fold, row and part of the form; one that cannot be saved alone is tried by itself and closed again."""
    for tick in (False, True):
        while name := page.evaluate(OPENED, [ENGLISH["form_add"].partition("{")[0], tick]):
            if outcome(page) == "failed":
                for each in text_fields(page, WRITING):
                    if each.startswith(name.removesuffix(".said")):
                        field(page, each)(HOSTILE["ur"])
                        outcome(page)
                        stays_words(page)
                page.locator(f'[id="{name}"]').uncheck()
                assert outcome(page) == "done"


def one_by_one(page: Page, words: dict[str, str]) -> tuple[set[str], set[str]]:
    """Fill each field; gives those whose words the node keeps, and those in which they cannot be read or kept."""
    kept, refused = set(), set()
    for name, text in words.items():
        field(page, name)(text)
        if outcome(page) == "failed":
            stays_words(page)
            field(page, name)("")
            assert outcome(page) == "done"
            refused.add(name)
        elif json.dumps(text, ensure_ascii=False) in said_of(page):
            kept.add(name)
        else:
            assert page.locator(f'.either [id="{name}"]').count(), "one of two ways to say the same, which was said"
        stays_words(page)
    return kept, refused


@pytest.mark.parametrize(("procedure", "act"), ACTS)
def test_every_field_of_a_draft(admin: Browser, opened: Open, procedure: str, act: str) -> None:
    drafter = entered(admin, opened(), Role.DRAFTER, post=POST)
    drafter.page.clock.install()
    page = begun(drafter, procedure, act)
    unfolded(page)
    kept, refused = one_by_one(page, tagged(text_fields(page, WRITING), HOSTILE["en"]))
    assert kept
    for script in ("ur", "fa"):
        words = tagged(sorted(kept), HOSTILE[script])
        for name, text in words.items():
            field(page, name)(text)
        assert outcome(page) == "done"
        assert one_by_one(page, tagged(sorted(refused), HOSTILE[script]))[1] == refused
        page.locator("#versions button").last.click()
        expect(page.locator("#older")).to_be_focused()
        stays_words(page, *words.values())
        page.reload()
        expect(page.locator(WRITING)).to_be_visible()
        for name, text in words.items():
            expect(page.locator(f'[id="{name}"]')).to_have_value(text)
        unfolded(page)
    page.get_by_role("button", name="Submit for review").click()
    expect(page.locator("#errors").or_(page.locator("#reading .written")).first).to_be_visible()
    stays_words(page)


def test_every_field_of_every_act_there_is(admin: Browser, opened: Open) -> None:
    page = entered(admin, opened(), Role.DRAFTER).page
    acts = [(each.slug, act) for each in CATALOGUE.procedures.values() for act in each.rules]
    told: list[tuple[str, str, int, int, int, list[str]]] = page.evaluate(THROUGH, [acts, list(HOSTILE.values())])
    assert {(slug, act) for slug, act, *_ in told} == set(acts)
    texts = [*HOSTILE.values()] * len(acts)
    for text, (slug, act, fields, kept, read, shown) in zip(texts, told, strict=True):
        assert fields >= kept >= read, (slug, act)
        assert shown.count(spelled(text)) == read, (slug, act)
    stays_words(page)
    assert sum(read for *_, read, _ in told) > len(acts)


def test_what_was_said_stays_words_until_the_other_node_answers(home: House, staff: Staff) -> None:
    drafter, reviewer, releaser = staff
    text = "\n".join(HOSTILE.values())
    page = begun(drafter)
    page.get_by_label("Words").first.fill(text)
    saved(page)
    draft = submitted(page)
    page = commented(reviewer, "review", draft, text, "Return with the comment")
    page = drafter.go(f"/desk/draft#{draft}")
    expect(page.locator("#history")).to_contain_text(spelled(HOSTILE["en"]))
    stays_words(page, *HOSTILE.values())
    submitted(page)
    commented(reviewer, "review", draft, text, "Pass on to release")
    page = queued(releaser, draft)
    stays_words(page, *HOSTILE.values())
    signed(page)
    expect(page.locator("#outcome")).to_contain_text("Released and sealed:")
    stays_words(page, *HOSTILE.values())
    reference = page.locator("#outcome .code").inner_text()
    home.settle()
    for side in home.sides:
        with side.http() as http:
            answer = http.get(f"/lines/{side.line}/entries/{reference}")
        assert answer.headers["content-type"].startswith("application/json")
        assert [each["text"] for each in answer.json()["portions"]] == [text]


def commented(officer: Officer, page_name: str, draft: str, text: str, button: str) -> Page:
    """Comment on a draft, and pass it on or return it."""
    page = officer.go(f"/desk/{page_name}#{draft}")
    for said in HOSTILE.values():
        page.get_by_label("Comment").fill(said)
        stays_words(page, *HOSTILE.values())
    page.get_by_label("Comment").fill(text)
    page.get_by_role("button", name=button).click()
    page.wait_for_url(f"**/desk/{page_name}")
    stays_words(page)
    return page


def test_a_comment_of_who_releases_stays_words(staff: Staff) -> None:
    drafter, reviewer, releaser = staff
    page = begun(drafter)
    page.get_by_label("Words").first.fill("All is quiet.")
    saved(page)
    draft = submitted(page)
    page = reviewer.go(f"/desk/review#{draft}")
    page.get_by_role("button", name="Pass on to release").click()
    page.wait_for_url("**/desk/review")
    page = queued(releaser, draft)
    page.get_by_label("Comment").fill("\n".join(HOSTILE.values()))
    page.get_by_role("button", name="Return with the comment").click()
    page.wait_for_url("**/desk/release")
    stays_words(drafter.go("/desk/drafts"))
    page = drafter.go(f"/desk/draft#{draft}")
    expect(page.locator("#history .written").last).to_be_visible()
    stays_words(page, *HOSTILE.values())


def test_every_field_about_officers(admin: Browser, opened: Open) -> None:
    chief = entered(admin, opened(), Role.ADMINISTRATOR, Role.SECURITY_OFFICER)
    for words in (*HOSTILE.values(), *PLAIN.values()):
        page = chief.go("/desk/officers")
        expect(page.get_by_role("row").nth(1)).to_be_visible()
        for form in page.locator("main form").all():
            if not form.is_visible():
                continue
            name = form.get_attribute("id")
            for each in text_fields(page, f"#{name}"):
                field(page, each)(words)
            for box in form.get_by_role("checkbox").all()[:1]:
                box.check()
            form.locator("button.main").click()
            expect(form.locator("button.main")).to_be_enabled()
            page.wait_for_load_state("networkidle")
            stays_words(page)


def test_officers_and_posts_with_such_names_stay_words(admin: Browser, opened: Open) -> None:
    chief = entered(admin, opened(), Role.ADMINISTRATOR, Role.SECURITY_OFFICER)
    for number, (script, name) in enumerate(PLAIN.items()):
        post = f"<b onclick=alert({number})>سرحد</b>"
        officer = entered(admin, opened(), Role.DRAFTER, post=post, name=name)
        stays_words(officer.go("/"))
        page = begun(officer)
        expect(page.get_by_label("Said as the post")).to_have_value(post)
        saved_words(page, HOSTILE[script])
        page = chief.go("/desk/officers")
        expect(page.get_by_role("row").filter(has_text=officer.id[:8])).to_contain_text(post)
        stays_words(page, name, post)


def saved_words(page: Page, text: str) -> None:
    page.get_by_label("Words").first.fill(text)
    saved(page)
    stays_words(page)


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE)
def test_a_code_to_enrol_with(opened: Open, words: str) -> None:
    page = opened().go("/enrol")
    (name,) = text_fields(page, "main")
    field(page, name)(words)
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("code")
    stays_words(page)


def test_every_field_of_every_other_page(admin: Browser, side: Side, opened: Open) -> None:
    """Whatever page there is that takes words: filled, sent by Enter, and looked at."""
    officer = entered(admin, opened(), *(role for role in Role if role is not Role.AUDITOR), post=POST)
    own = {each.path for each in SHELLS}
    paths = [
        each.path for each in side.pages if each.gives == "text/html" and "{" not in each.path and each.path not in own
    ]
    for path in paths:
        page = officer.go(path)
        for name in text_fields(page, "main"):
            page = officer.go(path)
            field(page, name)(" ".join(HOSTILE.values())[:120])
            page.keyboard.press("Enter")
            page.wait_for_load_state("networkidle")
            stays_words(page)


def test_an_address_cannot_make_a_page_ask_for_anything_else(admin: Browser, opened: Open) -> None:
    officer = entered(admin, opened(), Role.DRAFTER)
    for fragment in ("../access/sessions", "..%2Faccess%2Fsession", *HOSTILE.values(), "javascript:alert(1)"):
        page = officer.go("/")
        page = officer.go(f"/desk/draft#{fragment}")
        expect(page.locator("#said")).not_to_be_empty()
        stays_words(page)
    assert not [each for each in officer.window.asked if each.endswith(("/access/sessions", "/x"))]
