"""Settings that the doctor calls unsafe: allowed, and yet not what a node on duty should run with.

Rules kept here: each finding says which setting, and what is better. Files that hold a secret, or that say whom a node
trusts, are for their owner alone.
"""

import os
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from rabita.app.findings import Finding
from rabita.app.home import FILE_MODE, FOLDER_MODE, Home
from rabita.app.settings import Settings
from rabita.line.ids import is_exercise_code

IDLE_MINUTES_MAX: Final = 60
SESSION_HOURS_MAX: Final = 12
INVITATION_MINUTES_MAX: Final = 60
RATE_PER_S_MAX: Final = 1_000
WRITTEN_BY_OTHERS: Final = 0o022
READ_BY_OTHERS: Final = 0o077


def unsafe_settings(home: Home, settings: Settings) -> Iterator[Finding]:
    """Look at the settings, and at the files they name."""
    for name, wrong, better in _rules(settings):
        yield Finding(f"setting {name}", not wrong, better if wrong else "")
    for path in (settings.passphrase_file, settings.web_key, settings.notices_file):
        yield from _file(path, READ_BY_OTHERS, FILE_MODE)
    for path in settings.web_officer_keys:
        yield from _file(path, READ_BY_OTHERS, FILE_MODE)
    for path in (str(home.settings), settings.web_certificate, settings.oidc_ca_file):
        yield from _file(path, WRITTEN_BY_OTHERS, FILE_MODE)
    yield from _file(settings.policy_dir, WRITTEN_BY_OTHERS, FOLDER_MODE)


def notice_targets(settings: Settings) -> Iterator[Finding]:
    """Look at where notices go, by their place in the file: whoever listens in between learns when something waits.

    Raises ``UserFault("setting-invalid")``.
    """
    if not settings.notices_file:
        return
    from rabita.app.notices import read_targets  # noqa: PLC0415 - most nodes send no notices

    for number, each in enumerate(read_targets(settings.notices_file), 1):
        detail = "it goes without TLS: choose the address's form that has it" if each.is_plain else ""
        yield Finding(f"notice target {number}", not each.is_plain, detail)


def _rules(settings: Settings) -> Iterator[tuple[str, bool, str]]:
    """Yield the name of a setting, whether it is unsafe, and what is better."""
    serves = settings.web_port > 0
    beyond = serves and not ip_address(settings.web_address).is_loopback
    duty = bool(settings.party) and not is_exercise_code(settings.party)
    yield (
        "web_certificate",
        beyond and not settings.web_certificate,
        "HTTP beyond this machine needs TLS: set web_certificate and web_key",
    )
    yield (
        "web_officer_keys",
        duty and bool(settings.web_officer_keys),
        "every token of scope seal speaks for these officers: leave it empty, and let officers approve by passkey",
    )
    yield (
        "session_idle_minutes",
        settings.session_idle_minutes > IDLE_MINUTES_MAX,
        f"a desk that was left stays open: {IDLE_MINUTES_MAX} at most",
    )
    yield "session_hours", settings.session_hours > SESSION_HOURS_MAX, f"{SESSION_HOURS_MAX} at most"
    yield (
        "invitation_minutes",
        settings.invitation_minutes > INVITATION_MINUTES_MAX,
        f"a code that lies about: {INVITATION_MINUTES_MAX} at most",
    )
    yield "web_rate_per_s", settings.web_rate_per_s > RATE_PER_S_MAX, f"no bound on floods: {RATE_PER_S_MAX:,} at most"
    yield "disk_reserve_bytes", not settings.disk_reserve_bytes, "a full disk stops FLASH too: keep a reserve"


def _file(text: str, forbidden: int, mode: int) -> Iterator[Finding]:
    """Look at who may read or write a file that a setting names; one that is not there is another's finding."""
    path = Path(text)
    if not text or not path.exists():
        return
    found = path.stat()
    tight = not found.st_mode & forbidden and found.st_uid in (os.getuid(), 0)
    detail = "" if tight else f"{found.st_mode & 0o777:o}: chmod {mode:o} {path}"
    yield Finding(f"mode of {path.name}", tight, detail)
