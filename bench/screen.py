"""From a release on one desk to the other side's screen: two live nodes, a passkey, a browser with both desks open.

Both nodes and what drives the browser are one process here, so this is more than two machines would take. Beside it
stands what the browser takes to open the same page anew.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Final

from playwright.sync_api import Page, expect

from bench.figures import Figure, Figures, middle
from bench.plan import Job
from tests.browser.chromium import Chromium
from tests.browser.two_sides import Desk, TwoSides, two_sides

TRAFFIC: Final = "/desk/traffic"
NEWEST: Final = "document.querySelector('#main .entry a')?.href"
WATCHED: Final = f"""() => {{
  const before = {NEWEST};
  const look = () => {{ if (!window.shown && {NEWEST} !== before) window.shown = Date.now(); }};
  new MutationObserver(look).observe(document.body, {{ childList: true, subtree: true }});
}}"""
TIMED: Final = """() => {
  const outcome = document.querySelector('#outcome');
  const look = () => { if (!outcome.hidden && !window.answered) window.answered = Date.now(); };
  new MutationObserver(look).observe(outcome, { attributes: true });
  document.querySelector('#sign').addEventListener('click', () => { window.pressed = Date.now(); });
}"""
SHOWN: Final = "() => window.shown > 0"


def screen(job: Job) -> Figures:
    """Measure messages released one by one."""
    sizes, chromium = job.sizes, Chromium()
    with job.room() as room, job.screen.step("screen", sizes.released) as done:
        try:
            with two_sides(room, chromium) as both:
                samples = chromium.run(lambda: [_released(both, number, done) for number in range(sizes.released)])
        finally:
            chromium.close()
    pressed, answered, opened = (list(each) for each in zip(*samples, strict=True))
    timed = partial(Figure, unit="ms", against="the page opened anew", beside=middle(opened))
    return {
        "answered_p50": timed(what="from the answer to the release", value=middle(answered)),
        "answered_max": timed(what="the longest", value=max(answered), bar="under 1,000 ms"),
        "pressed_p50": timed(what="from the press, passkey and sealing included", value=middle(pressed)),
    }


def _released(both: TwoSides, number: int, done: Callable[[int], None]) -> tuple[float, float, float]:
    """Release a message while the other side looks at its traffic.

    Gives the milliseconds from the press and from its answer until it is shown there, and those of opening that page.
    """
    us, them = both.desks
    draft = us.begun("message", "send").words(f"The patrol of post {number} is back.", "en").submitted()
    us.reviewed(draft)
    page = us.go(f"/desk/release#{draft}", "releaser")
    expect(us.button(page, "Release with my passkey")).to_be_enabled()
    page.evaluate(TIMED)
    there, opened_ms = _opened(them)
    there.evaluate(WATCHED)
    us.button(page, "Release with my passkey").click()
    expect(page.locator("#outcome")).to_be_visible()
    there.wait_for_function(SHOWN)
    shown_ms = there.evaluate("() => window.shown")
    pressed_ms, answered_ms = page.evaluate("() => [window.pressed, window.answered]")
    done(number + 1)
    return shown_ms - pressed_ms, shown_ms - answered_ms, opened_ms


def _opened(desk: Desk) -> tuple[Page, float]:
    """Open the traffic of a desk anew; gives it once it is live, and the milliseconds until it was loaded."""
    page = desk.officer("drafter").page
    page.goto("about:blank")
    began = time.monotonic()
    page.goto(TRAFFIC)
    took_ms = (time.monotonic() - began) * 1_000
    expect(page.locator("#heard")).to_have_attribute("data-state", "live")
    return page, took_ms
