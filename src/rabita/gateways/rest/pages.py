"""The officers' plain pages: coming in, drafts, review, release, officers. HTML and scripts of this node alone.

Rules kept here: nothing is loaded from elsewhere and nothing runs inline (CSP); a page holds no data, its script asks
the API for it as any program does, so that what may be read is decided there; every word is of the catalogue. They work
by keyboard, on small screens, and say aloud what changes.
"""

from collections.abc import Callable
from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from typing import Any, Final

import msgspec
from litestar import Response

from rabita.gateways.rest.acts import MEMBERS
from rabita.gateways.rest.routing import OPEN, At, Query, Route
from rabita.gateways.rest.words import ENGLISH
from rabita.line.descriptor import LANGUAGES
from rabita.procedures.accreditation_ranks import RANKS
from rabita.procedures.marking import Category, Purpose
from rabita.services.audit import Action
from rabita.services.officers import Role

HTML: Final = "text/html"
SCRIPT: Final = "text/javascript"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
PERMISSIONS: Final = "publickey-credentials-get=(self), publickey-credentials-create=(self)"
PAGES: Final = {
    "sign_in": "/sign-in",
    "enrol": "/enrol",
    "sessions": "/sessions",
    "home": "/",
    "drafts": "/desk/drafts",
    "draft": "/desk/draft",
    "review": "/desk/review",
    "release": "/desk/release",
    "officers": "/desk/officers",
}
SCRIPTS: Final = (
    *("rabita", "api", "dom", "passkeys", "entering", "form", "lines"),
    *("reading", "drafts", "draft", "review", "release", "officers"),
)
CODES: Final = {
    "purposes": tuple(Purpose),
    "categories": tuple(Category),
    "kinds": ("exercise", "operation", "project", "drill"),
    "roles": tuple(Role),
    "ranks": tuple(RANKS),
    "languages": LANGUAGES,
    "members": MEMBERS,
}
"""What forms let officers choose of, beside what procedures say of themselves."""


def _template(name: str) -> Template:
    return Template(files(__package__).joinpath("templates", f"{name}.html").read_text(encoding="utf-8"))


@cache
def page(name: str) -> bytes:
    """Write a page."""
    words = {key: escape(text) for key, text in ENGLISH.items()}
    about = {"page": name, "title": words[f"{name}_title"], "lead": words[f"{name}_lead"]}
    return _template("frame").substitute(words, **about, body=_template(name).substitute(words)).encode()


@cache
def static(name: str) -> bytes:
    """Read a file that goes with the pages, or write one of those that scripts read words and codes from."""
    made = {"words.js": ("words", dict(ENGLISH)), "codes.js": ("codes", CODES)}.get(name)
    if made is not None:
        return f"export const {made[0]} = ".encode() + msgspec.json.encode(made[1]) + b";\n"
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
        action=OPEN,
        audit=Action.STATUS,
        answers={200: Any},
        run=run,
        gives=media_type,
        apart=False,
        tag="pages",
    )


ROUTES: Final = (
    *[_route(path, name, page, HTML) for name, path in PAGES.items()],
    *[_route(f"/static/{name}.js", f"{name}.js", static, SCRIPT) for name in (*SCRIPTS, "words", "codes")],
    _route("/static/rabita.css", "rabita.css", static, "text/css"),
    _route("/static/rabita.svg", "rabita.svg", static, "image/svg+xml"),
)
