"""The officers' plain pages: sign in, enrol, sessions. HTML of this node, its one script, its one style sheet.

Rules kept here: nothing is loaded from elsewhere and nothing runs inline (CSP); a page holds no data, the script asks
the API for it as any program does; every word is of the catalogue. They work by keyboard, and say aloud what changes.
"""

from collections.abc import Callable
from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from typing import Any, Final

from litestar import Response

from rabita.gateways.rest.routing import At, Query, Route
from rabita.gateways.rest.words import ENGLISH
from rabita.services.audit import Action

HTML: Final = "text/html"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
PERMISSIONS: Final = "publickey-credentials-get=(self), publickey-credentials-create=(self)"
_FILES: Final = {"rabita.js": "text/javascript", "rabita.css": "text/css"}
_SAID_BY_SCRIPT: Final = (
    *("working", "cancelled", "unsupported", "failed", "sign_in_done", "enrol_done"),
    *("sessions_own", "sessions_other", "sessions_end", "sessions_none"),
)
_FRAME: Final = Template(
    """<!doctype html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title - $name</title>
<link rel="stylesheet" href="/static/rabita.css">
<script src="/static/rabita.js" type="module"></script>
</head>
<body data-page="$page" $said>
<a class="skip" href="#main">$skip</a>
<main id="main" tabindex="-1">
<h1>$title</h1>
<p>$lead</p>
<noscript><p>$noscript</p></noscript>
$body
<p id="said" role="status" aria-live="polite"></p>
</main>
</body>
</html>
"""
)
_BODIES: Final = {
    "sign_in": Template(
        """<p><button id="go" type="button">$sign_in_button</button></p>
<p><a href="/enrol">$sign_in_enrol</a></p>"""
    ),
    "enrol": Template(
        """<form id="form">
<p><label for="code">$enrol_code</label>
<input id="code" name="code" required autocomplete="one-time-code" autocapitalize="characters" spellcheck="false"></p>
<p><button id="go" type="submit">$enrol_button</button></p>
</form>
<p><a href="/sign-in">$sign_in_title</a></p>"""
    ),
    "sessions": Template(
        """<table id="sessions" hidden>
<caption>$sessions_caption</caption>
<thead><tr><th scope="col">$sessions_which</th><th scope="col">$sessions_began</th>
<th scope="col">$sessions_seen</th><th scope="col">$sessions_act</th></tr></thead>
<tbody></tbody>
</table>
<p><button id="go" type="button" hidden>$sessions_sign_out</button></p>
<p><a href="/sign-in">$sign_in_title</a></p>"""
    ),
}


@cache
def page(name: str) -> bytes:
    """Write a page."""
    words = {key: escape(text) for key, text in ENGLISH.items()}
    said = " ".join(f'data-{key.replace("_", "-")}="{words[key]}"' for key in _SAID_BY_SCRIPT)
    about = {"page": name, "said": said, "title": words[f"{name}_title"], "lead": words[f"{name}_lead"]}
    return _FRAME.substitute(words, **about, body=_BODIES[name].substitute(words)).encode()


@cache
def static(name: str) -> bytes:
    """Read a file that goes with the pages."""
    return files(__package__).joinpath("static", name).read_bytes()


def _response(raw: bytes, media_type: str) -> Response[bytes]:
    headers = {"content-security-policy": POLICY, "permissions-policy": PERMISSIONS}
    return Response(raw, status_code=200, media_type=media_type, headers=headers)


def _route(path: str, name: str, read: Callable[[str], bytes], media_type: str) -> Route:
    def run(_at: At, _query: Query) -> Response[bytes]:
        return _response(read(name), media_type)

    return Route(
        method="GET",
        path=path,
        name=f"page-{name}",
        title=name,
        scope=None,
        audit=Action.STATUS,
        answers={200: Any},
        run=run,
        gives=media_type,
        apart=False,
        tag="pages",
    )


ROUTES: Final = (
    *[_route(f"/{name.replace('_', '-')}", name, page, HTML) for name in _BODIES],
    *[_route(f"/static/{name}", name, static, media_type) for name, media_type in _FILES.items()],
)
