"""Looking over how officers come in: their file, this node's own address, the identity provider.

Nothing is changed; a file of an older version is left for the node to bring up to date.
"""

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rabita.app.findings import Finding
from rabita.app.home import FILE_MODE, Home
from rabita.app.officers import make_people, origin_of
from rabita.app.oidc import make_provider
from rabita.app.outside import MachineClock
from rabita.app.settings import Settings
from rabita.services.officers import Role, Standing
from rabita.services.people import Known
from rabita.store.officers_sqlite import VERSION, SqliteOfficers

SECURITY_OFFICERS: Final = 2
"""A lost passkey is replaced by so many."""


def officers(home: Home, settings: Settings) -> Iterator[Finding]:
    """Look at the officers' file, if there is one."""
    if not home.officers.exists():
        return
    yield private(home.officers)
    version, wrong = _checked(home.officers)
    yield Finding("officers", not wrong, wrong)
    if wrong or version != VERSION:
        return
    store = SqliteOfficers(home.officers)
    try:
        people = make_people(store, MachineClock(), settings).everyone()
    finally:
        store.close()
    if not people:
        return
    now_ms = MachineClock().now_ms()
    for role, least in ((Role.ADMINISTRATOR, 1), (Role.SECURITY_OFFICER, SECURITY_OFFICERS)):
        able = sum(_able(each, role, now_ms) for each in people)
        lacking = f"{able} can sign in, {least} needed: rabita officer list"
        yield Finding(f"{role}s", able >= least, "" if able >= least else lacking)
    for known in people:
        if any(each.standing is Standing.SUSPENDED for each in known.passkeys):
            detail = "two of a passkey were in use: find out where, then rabita officer revoke"
            yield Finding(f"passkeys of {known.officer.id}", ok=False, detail=detail)


def web_origin(settings: Settings) -> Iterator[Finding]:
    """Say whether browsers can find this node, where it serves HTTP at all."""
    if settings.web_port:
        found = origin_of(settings, settings.web_port)
        yield Finding("web_origin", bool(found), found or "set web_origin: without it there are tokens alone")


def provider(settings: Settings) -> Iterator[Finding]:
    """Ask the identity provider for its description and its keys; raises what is wrong with it or its settings."""
    if not settings.oidc_issuer:
        return
    secret = settings.oidc_client_secret_file
    if secret and Path(secret).exists():
        yield private(Path(secret))
    plain = settings.oidc_issuer.startswith("http:")
    yield Finding("oidc_issuer over TLS", not plain, "set an https:// issuer" if plain else "")
    found = make_provider(settings, origin_of(settings, settings.web_port), MachineClock())
    if found is not None:
        asyncio.run(found.examine())
    yield Finding("identity provider", ok=True, detail=settings.oidc_issuer)


def private(path: Path) -> Finding:
    """Say whether a file is its owner's alone."""
    mode = path.stat().st_mode & 0o777
    tight = not mode & ~FILE_MODE and path.stat().st_uid == os.getuid()
    return Finding(f"mode of {path.name}", tight, "" if tight else f"{mode:o}: chmod {FILE_MODE:o} {path}")


def _checked(path: Path) -> tuple[int, str]:
    """Let SQLite look the file over; gives its version and what is wrong."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            rows = [str(row[0]) for row in connection.execute("PRAGMA quick_check")]
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.Error as fault:
        return 0, str(fault)
    if version > VERSION:
        return version, "it is of a later version of this program"
    return version, "" if rows == ["ok"] else "; ".join(rows[:3])


def _able(known: Known, role: Role, now_ms: int) -> bool:
    held = any(each.role is role and each.holds(now_ms) for each in known.tenures)
    passkey = any(each.standing is Standing.ACTIVE for each in known.passkeys)
    return held and passkey and known.officer.standing is Standing.ACTIVE
