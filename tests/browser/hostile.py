"""Words that would be markup, script or disguise, in each of three scripts; and how to see that they stayed words."""

import re
from collections.abc import Callable, Iterable
from typing import Final

from playwright.sync_api import Page, expect

CONTROLS: Final = "\u202e\u202c\u2066\u2069\u200f\u061c"
"""The characters in these words that reorder what is read; pages spell them out. Joiners are letters' business."""
HOSTILE: Final = {
    "en": "<img src=x onerror=alert(1)>\"'`${alert(2)}{{7*7}} \u202eexe.txt\u202c",
    "ur": "<b onclick=alert(3)>سرحد پر گاڑ\u200dیاں</b><script>alert(4)</script> \u2066x\u2069",
    "fa": "می\u200cخواهیم '><svg onload=alert(5)><iframe srcdoc='<script>alert(6)</script>'> \u200f\u061c.",
}
PLAIN: Final = {script: "".join(each for each in text if each.isprintable())[:70] for script, text in HOSTILE.items()}
"""The same without what names of officers may not have, and as short."""
FOREIGN: Final = "[onerror], [onclick], [onload], [srcdoc], script:not([src^='/static/'])"
READ: Final = "document.body.innerText"
TEXT_FIELDS: Final = "input:not([type]), input:is([type=text], [type=search], [type=url], [type=email]), textarea"
"""Whatever takes words."""
LISTED: Final = """([within, fields]) => [...document.querySelector(within).querySelectorAll(fields)]
  .filter((each) => each.checkVisibility() && !each.disabled && !each.readOnly)
  .map((each) => each.id)"""


def spelled(text: str) -> str:
    """Write words as pages show them."""
    return "".join(f"U+{ord(each):04X}" if each in CONTROLS else each for each in text)


def stays_words(page: Page, *texts: str) -> None:
    """See that nothing of it became an element, that nothing reorders what is read, and that these are shown."""
    assert page.locator(FOREIGN).count() == 0
    reordered = re.findall(f".{{0,40}}[{CONTROLS}].{{0,40}}", page.evaluate(READ))
    assert not reordered, reordered
    shown = page.locator(".written").all_inner_texts()
    for text in texts:
        assert any(spelled(text) in each for each in shown), (spelled(text), shown)


def text_fields(page: Page, within: str) -> list[str]:
    """List the ids of the fields of a part of a page that take words."""
    ids: list[str] = page.evaluate(LISTED, [within, TEXT_FIELDS])
    assert all(ids), "every field has an id"
    return ids


def field(page: Page, name: str) -> Callable[[str], None]:
    """Give what fills a field, by its id."""
    return page.locator(f'[id="{name}"]').fill


def outcome(page: Page) -> str:
    """Let the page of a draft save what was written; says ``done`` or ``failed``."""
    page.clock.fast_forward(1_000)
    kept = page.locator("#kept")
    expect(kept).to_have_attribute("data-kind", re.compile("^(done|failed)$"))
    return kept.get_attribute("data-kind") or ""


def tagged(names: Iterable[str], text: str) -> dict[str, str]:
    """Give each field words of its own, so that each can be found again."""
    return {name: f"{text} {number}" for number, name in enumerate(names)}
