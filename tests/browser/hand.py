"""How an officer works a page: with a mouse, or by the keyboard alone."""

from typing import Final, Protocol

from playwright.sync_api import Locator, expect

from tests.browser.chromium import STOPS

LOOKS_MAX: Final = 40
CHOICES_MAX: Final = 300
ON_TOP: Final = """(node) => document.activeElement === document.body && node.closest('main') !== null"""
AWAY: Final = f"""(node) => {{
  const at = document.activeElement;
  if (at === node) return 0;
  const stops = {STOPS}(document);
  const isAfter = (one, two) => one.compareDocumentPosition(two) & Node.DOCUMENT_POSITION_FOLLOWING;
  const [from, to, sign] = isAfter(at, node) ? [at, node, 1] : [node, at, -1];
  const between = stops.filter((each) => each !== at && each !== node && isAfter(from, each) && isAfter(each, to));
  return sign * (between.length + 1);
}}"""
"""How many stops of the tabulator a control is away: forward, or back where negative; none, once it has the focus."""
TURN: Final = """(node, code) => {
  const wanted = [...node.options].findIndex((each) => each.value === code || each.label === code);
  if (wanted < 0) throw new Error(`nothing to choose stands for ${code}`);
  return wanted === node.selectedIndex ? '' : wanted > node.selectedIndex ? 'ArrowDown' : 'ArrowUp';
}"""
"""Which key brings a list nearer to a choice; none, once it is chosen."""


class Hand(Protocol):
    """Presses, writes, chooses and ticks what it is given, as soon as that can be worked."""

    def press(self, at: Locator) -> None:
        """Press a button, follow a link, open a fold."""

    def write(self, at: Locator, text: str) -> None:
        """Write a text in place of what stands in a field."""

    def choose(self, at: Locator, code: str) -> None:
        """Choose from a list by the code or the words of a choice."""

    def tick(self, at: Locator) -> None:
        """Tick a box that is not ticked."""


class Mouse:
    """A hand that goes straight to a control, wherever it is."""

    def press(self, at: Locator) -> None:
        at.click()

    def write(self, at: Locator, text: str) -> None:
        at.fill(text)

    def choose(self, at: Locator, code: str) -> None:
        at.select_option(code)

    def tick(self, at: Locator) -> None:
        at.check()


class Keys:
    """A hand on the keyboard alone: by Tab from where the focus is, then Enter, Space, arrows and letters."""

    def press(self, at: Locator) -> None:
        self._reach(at)
        at.page.keyboard.press("Enter")

    def write(self, at: Locator, text: str) -> None:
        self._reach(at)
        at.page.keyboard.press("ControlOrMeta+a")
        at.page.keyboard.type(text)
        expect(at).to_have_value(text)

    def choose(self, at: Locator, code: str) -> None:
        for _ in range(CHOICES_MAX):
            self._reach(at)
            if not (key := at.evaluate(TURN, code)):
                return
            at.page.keyboard.press(key)
        raise AssertionError(f"the keyboard does not come to {code} in {at}")

    def tick(self, at: Locator) -> None:
        self._reach(at)
        at.page.keyboard.press("Space")
        expect(at).to_be_checked()

    def _reach(self, at: Locator) -> None:
        """Go to a control by the link that leaves the menu out, then stop by stop; what is not reached so fails."""
        expect(at).to_be_visible()
        expect(at).to_be_enabled()
        keys = at.page.keyboard
        if at.evaluate(ON_TOP):
            keys.press("Tab")
            keys.press("Enter")
        for _ in range(LOOKS_MAX):
            if not (away := at.evaluate(AWAY)):
                return
            for _ in range(abs(away)):
                keys.press("Tab" if away > 0 else "Shift+Tab")
        raise AssertionError(f"the keyboard does not reach {at}")
