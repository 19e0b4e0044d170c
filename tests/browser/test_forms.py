"""The form drawn from a procedure's own schema: whatever the exercise says goes in and comes out as it was."""

from hashlib import sha256

import msgspec
import pytest

from rabita.desk.languages import language
from rabita.procedures.catalogue import CATALOGUE
from rabita.procedures.marking_grades import FOUR, INFORMATION_WORDS, SIX, SOURCE_WORDS
from rabita.services.exercise import built_in, fields_of
from rabita.services.officers import Role
from tests.browser.chromium import located
from tests.browser.conftest import Open
from tests.browser.people import entered
from tests.gateways.browser import Browser

pytestmark = pytest.mark.sockets

THROUGH = located("""async (asked) => {
  const { control } = await import("/static/form.js");
  const procedures = new Map();
  const told = [];
  for (const [slug, act, said] of asked) {
    if (!procedures.has(slug)) procedures.set(slug, await (await fetch(`/procedures/${slug}`)).json());
    const drawn = control(procedures.get(slug).acts[act].fields, "fields", said, { needed: true });
    document.body.append(drawn.node);
    const controls = [...drawn.node.querySelectorAll("input, select, textarea")];
    const ids = new Set(controls.map((each) => each.id));
    told.push([drawn.read(), controls.filter((each) => !each.labels.length).length, controls.length - ids.size]);
    drawn.node.remove();
  }
  return told;
}""")

GRADED = located("""async (scheme) => {
  const { control } = await import("/static/form.js");
  const { acts } = await (await fetch("/procedures/intelligence-report")).json();
  const grade = { source: "D", information: "2", probability_pct: 70 };
  const said = { statements: [{ grade, nature: "fact" }] };
  const drawn = control(acts.issue.fields, "fields", said, { needed: true });
  const [schemes, ...graded] = drawn.node.querySelectorAll("select[id*='.grade.']");
  schemes.value = scheme;
  schemes.dispatchEvent(new Event("change"));
  const open = (each) => [...each.options].filter((one) => one.value && !one.disabled);
  return [graded.map((each) => open(each).map((one) => one.textContent)), drawn.read().statements[0].grade];
}""")


def test_what_the_exercise_says_goes_through_the_form_unchanged(admin: Browser, opened: Open) -> None:
    page = entered(admin, opened(), Role.DRAFTER).page
    scenario = built_in()
    digests = {each.id: sha256(each.id.encode()).hexdigest() for each in scenario.injects}
    asked = []
    for inject in scenario.injects:
        said = fields_of(scenario, inject, inject.plays[0], digests[inject.id], digests)
        asked.append((CATALOGUE.procedures[inject.procedure], inject.act, said))
    told = page.evaluate(THROUGH, [(each.slug, act, msgspec.to_builtins(said)) for each, act, said in asked])
    for (procedure, act, said), (read, bare, twice) in zip(asked, told, strict=True):
        form = procedure.rules[act].fields
        assert msgspec.convert(read, form) == msgspec.convert(said, form)
        assert (bare, twice) == (0, 0)


def test_every_act_of_every_procedure_has_a_form(admin: Browser, opened: Open) -> None:
    page = entered(admin, opened(), Role.DRAFTER).page
    asked = [(each.slug, act, None) for each in CATALOGUE.procedures.values() for act in each.rules]
    for (slug, act, _), (read, bare, twice) in zip(asked, page.evaluate(THROUGH, asked), strict=True):
        assert isinstance(read, dict)
        assert (bare, twice) == (0, 0), (slug, act)


@pytest.mark.parametrize(("code", "scheme", "source"), [("en", SIX, "D"), ("fa", SIX, "D"), ("ur", FOUR, None)])
def test_a_grade_is_chosen_in_words_of_its_scheme(
    admin: Browser, opened: Open, code: str, scheme: str, source: str | None
) -> None:
    officer = entered(admin, opened(), Role.DRAFTER)
    officer.choose(language=code)
    say = language(code).translate
    shown, read = officer.go("/desk/drafts").evaluate(GRADED, scheme)
    assert shown == [
        [f"{each}: {say(text)}" for each, text in SOURCE_WORDS[scheme].items()],
        [f"{each}: {say(text)}" for each, text in INFORMATION_WORDS[scheme].items()],
    ]
    kept = {"scheme": scheme, "information": "2", "probability_pct": 70}
    assert read == kept | ({"source": source} if source else {})
