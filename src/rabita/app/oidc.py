"""Makes the identity provider of the settings; what is wrong with them is said before anyone signs in.

Rule kept here: only what is set is loaded; a node without a provider pays nothing for one.
"""

import ssl
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from rabita.app.settings import Settings
from rabita.line.errors import UserFault
from rabita.ports import Clock

if TYPE_CHECKING:
    from rabita.keys.oidc import HttpProvider

CALLBACK = "/access/oidc/callback"


def make_provider(settings: Settings, origin: str, clock: Clock) -> "HttpProvider | None":
    """Make the provider, or None where none is set; raises ``UserFault("setting-invalid")``."""
    if not settings.oidc_issuer:
        return None
    if not settings.oidc_client_id:
        raise UserFault("setting-invalid", "oidc_client_id: oidc_issuer needs it")
    from rabita.keys.oidc import HttpProvider, Terms  # noqa: PLC0415 - 9 MiB, for those alone that have a provider

    terms = Terms(
        settings.oidc_issuer,
        settings.oidc_name or urlsplit(settings.oidc_issuer).netloc,
        settings.oidc_client_id,
        _secret(settings.oidc_client_secret_file),
        origin + CALLBACK,
        settings.oidc_hosts,
    )
    return HttpProvider(terms, _trust(settings.oidc_ca_file), clock)


def _secret(path: str) -> str:
    if not path:
        return ""
    try:
        secret = Path(path).read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, ValueError):
        secret = ""
    if not secret:
        raise UserFault("setting-invalid", "oidc_client_secret_file: it cannot be read or is empty")
    return secret


def _trust(path: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=path or None)
    except (OSError, ssl.SSLError):
        raise UserFault("setting-invalid", "oidc_ca_file: it cannot be read as PEM") from None
