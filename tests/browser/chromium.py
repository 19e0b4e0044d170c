"""A headless Chromium on a thread of its own, and officers' windows in it, each with a passkey of its own.

Playwright's loop may not run on the thread where other tests start loops of theirs, so everything of it happens here.
Each window writes down whatever a page may never do: break its own policy, throw, or ask anyone but its node.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from rabita.desk.static_files import address

T = TypeVar("T")

PATIENCE_MS: Final = 60_000
WIDE: Final = (1280, 900)
NAMES: Final = ("chromium-headless-shell", "chromium", "google-chrome")
"""The first of them that is there; without windows it takes half the time."""
AUTHENTICATOR: Final = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
STOPS: Final = """((scope) => [...scope.querySelectorAll(
  'a[href], button, input, select, textarea, summary, [tabindex="0"]')].filter(
  (each) => each.checkVisibility({ visibilityProperty: true }) && !each.disabled && !each.closest('[inert]')))"""
"""What the tabulator stops at in a part of a page, in its order (JavaScript)."""
TELL: Final = "document.addEventListener('securitypolicyviolation', (each) => tell(each.effectiveDirective))"


def located(script: str) -> str:
    """Put the addresses of the desk's own files into a script that imports them by name, as in ``/static/form.js``."""
    return re.sub(r"/static/([\w.]+)", lambda found: address(found[1]), script)


class Chromium:
    """The browser; ``run`` carries something out on its thread."""

    def __init__(self) -> None:
        path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
        assert path, "there is no Chromium on this machine: `make test` installs it, or says how"
        self._path = path
        self._thread = ThreadPoolExecutor(1, "chromium")
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None

    def run(self, scene: Callable[[], T]) -> T:
        return self._thread.submit(scene).result()

    def open(self, origin: str, size: tuple[int, int] = WIDE) -> "Window":
        """Open a window; on the browser's thread alone."""
        if self._browser is None:
            expect.set_options(timeout=PATIENCE_MS)
            self._playwright = sync_playwright().start()
            self._browser = self._playwright.chromium.launch(executable_path=self._path)
        context = self._browser.new_context(
            base_url=origin, viewport={"width": size[0], "height": size[1]}, locale="en-GB", reduced_motion="reduce"
        )
        return Window(context, origin)

    def end(self, windows: Iterable["Window"]) -> None:
        """Close windows, and say whatever their pages did wrong."""

        def close_each() -> None:
            for each in windows:
                each.close()

        self.run(close_each)

    def rest(self, windows: Iterable["Window"]) -> None:
        """Let windows show nothing until they are used again: an open page ticks and listens, which costs time."""

        def rest_each() -> None:
            for each in windows:
                each.page.goto("about:blank")

        self.run(rest_each)

    def close(self) -> None:
        self.run(self._close)
        self._thread.shutdown()

    def _close(self) -> None:
        if self._browser is not None and self._playwright is not None:
            self._browser.close()
            self._playwright.stop()


class Window:
    """One officer's browser: its cookies, its passkeys, its page, and what the page did that it may not."""

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self.context, self.origin = context, origin
        self.wrong: list[str] = []
        self.asked: list[str] = []
        context.set_default_timeout(PATIENCE_MS)
        context.expose_function("tell", lambda rule: self.wrong.append(f"policy: {rule}"))
        context.add_init_script(TELL)
        context.on("request", lambda request: self._see(request.url))
        context.on("weberror", lambda fault: self.wrong.append(f"thrown: {fault.error.stack or fault.error}"))
        context.on("console", lambda said: self._hear(said.text))
        context.on("dialog", self._refuse)
        self.page: Page = context.new_page()
        self._devtools = context.new_cdp_session(self.page)
        self._devtools.send("WebAuthn.enable")
        self.authenticator = self._devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})

    def passkeys(self) -> list[dict[str, Any]]:
        """List what the virtual authenticator holds."""
        held: list[dict[str, Any]] = self._devtools.send("WebAuthn.getCredentials", self.authenticator)["credentials"]
        return held

    def forget(self) -> None:
        """Lose every passkey."""
        self._devtools.send("WebAuthn.clearCredentials", self.authenticator)

    def exchange(self) -> None:
        """Take up another device with no passkey yet, and put the one before away."""
        self._devtools.send("WebAuthn.removeVirtualAuthenticator", self.authenticator)
        self.authenticator = self._devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})

    def go(self, path: str) -> Page:
        """Open a page of the node anew, even the one that is open."""
        self.page.goto("about:blank")
        self.page.goto(path)
        return self.page

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def tab_to(self, name: str) -> None:
        """Go by the tabulator alone to what is called so."""
        for _ in range(60):
            self.page.keyboard.press("Tab")
            if self.page.evaluate(FOCUSED) == name:
                return
        raise AssertionError(f"the keyboard does not reach {name!r}")

    def close(self) -> None:
        """Close, and say whatever the pages did wrong."""
        self.context.close()
        assert self.wrong == [], self.wrong
        elsewhere = [each for each in self.asked if urlsplit(each).netloc != urlsplit(self.origin).netloc]
        assert elsewhere == [], elsewhere

    def _see(self, url: str) -> None:
        self.asked.append(url)

    def _hear(self, text: str) -> None:
        if "Content Security Policy" in text or "TrustedHTML" in text or "TrustedScript" in text:
            self.wrong.append(f"console: {text}")

    def _refuse(self, dialog: Any) -> None:  # noqa: ANN401 - a dialog of the browser
        if dialog.type == "beforeunload":
            dialog.accept()
            return
        self.wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()


FOCUSED: Final = """() => {
  const at = document.activeElement;
  return (at.getAttribute('aria-label') || at.labels?.[0]?.textContent || at.textContent || '').trim();
}"""
