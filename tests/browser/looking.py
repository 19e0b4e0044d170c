"""What can be wrong with how a page looks, measured in the page itself: rules of WCAG, words cut off, focus unseen."""

from typing import Any, Final

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # - it has no types
from playwright.sync_api import Page

from tests.browser.chromium import STOPS

TAGS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
BY_COLOUR: Final = ("color-contrast", "link-in-text-block")
COLOURS: Final = {"runOnly": {"type": "rule", "values": BY_COLOUR}, "resultTypes": ["violations"]}
COLOURLESS: Final = {
    "runOnly": {"type": "tag", "values": TAGS},
    "rules": {"target-size": {"enabled": True}, **{each: {"enabled": False} for each in BY_COLOUR}},
    "resultTypes": ["violations"],
}
AXE: Final = Axe().axe_script
TRIED: Final = "(options) => axe.run(options)"
CUT: Final = """() => {
  const { clientWidth: width, scrollWidth: whole } = document.documentElement;
  const cut = whole > width ? [`the page is ${whole} wide`] : [];
  const limits = (node) => {
    let [from, to] = [0, width];
    for (let at = node; at && at !== document.body; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.clipPath !== 'none' || /auto|scroll/.test(style.overflowX)) return undefined;
      if (style.overflowX === 'visible') continue;
      const box = at.getBoundingClientRect();
      [from, to] = [Math.max(from, box.left), Math.min(to, box.right)];
    }
    return [from, to];
  };
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const node = words.currentNode, holder = node.parentElement;
    const apart = holder.closest('option, script, noscript, .skip, [aria-hidden]');
    if (!node.data.trim() || apart || !holder.checkVisibility()) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const within = limits(holder);
    if (!within) continue;
    const boxes = [...range.getClientRects()].filter((each) => each.width > 1);
    if (boxes.some((each) => each.left < within[0] - 1 || each.right > within[1] + 1)) {
      cut.push(`${holder.localName}.${holder.className}: ${node.data.trim().slice(0, 40)}`);
    }
  }
  const narrow = (each) => each.checkVisibility() && each.scrollWidth > each.clientWidth + 1;
  const tight = [...document.querySelectorAll('button, .button, .tag')].filter(narrow);
  return [...cut, ...tight.map((each) => `too narrow: ${each.textContent.trim()}`)].slice(0, 6);
}"""
UNSEEN: Final = (
    f"() => {{ const stops = {STOPS};"
    """
  const scope = document.querySelector('dialog[open]') ?? document.body;
  const faults = [];
  for (const each of stops(scope)) {
    each.focus();
    if (document.activeElement !== each) continue;
    const named = `${each.localName}.${each.className} ${(each.textContent || each.id).trim().slice(0, 30)}`;
    const style = getComputedStyle(each);
    if (style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 2) faults.push(`no ring: ${named}`);
    const parts = [0.1, 0.5, 0.9];
    const points = [...each.getClientRects()].flatMap(({ left, top, width, height }) =>
      parts.flatMap((x) => parts.map((y) => [left + width * x, top + height * y])));
    const hit = ([x, y]) => {
      const at = document.elementFromPoint(x, y);
      return at && (each.contains(at) || at.contains(each) && at !== document.body && !at.matches('main, html'));
    };
    if (!points.some(hit)) faults.push(`covered: ${named}`);
  }
  return faults.slice(0, 6);
}"""
)
ENGLISH: Final = """() => {
  if (document.documentElement.lang === 'en') return [];
  const apart = 'code, kbd, bdi, [lang], [translate=no]';
  const named = [...document.querySelectorAll('h1, h2, h3, label, legend, th, dt, summary, button')];
  const said = (node) => {
    const copy = node.cloneNode(true);
    copy.querySelectorAll(apart).forEach((each) => each.remove());
    return copy.textContent.trim();
  };
  return named
    .filter((each) => each.checkVisibility() && !each.closest(`main ${apart.replaceAll(', ', ', main ')}`))
    .map(said)
    .filter((text) => /[a-z]{3}/.test(text) && !/\\p{Script=Arabic}/u.test(text))
    .slice(0, 6);
}"""
"""What names a part of a page in small Latin letters alone, in another language than English."""
HEADINGS: Final = """() => {
  const levels = [...document.querySelectorAll('h1, h2, h3, h4')].map((each) => Number(each.localName[1]));
  return levels.every((level, at) => at === 0 ? level === 1 : level - levels[at - 1] <= 1);
}"""


def breaks(page: Page, options: dict[str, Any]) -> list[str]:
    """Say which rules a page breaks, and where first; the rules are brought into a page once."""
    if page.evaluate("() => !window.axe"):
        page.evaluate(AXE)
    return [_told(each) for each in page.evaluate(TRIED, options)["violations"]]


def _told(violation: dict[str, Any]) -> str:
    nodes = violation["nodes"]
    where = [f"{' '.join(map(str, each['target']))} ({each['failureSummary']})" for each in nodes[:3]]
    return f"{violation['id']}: {'; '.join(where)}"
