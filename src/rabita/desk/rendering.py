"""Writes pages: a template, what it shows, and how its reader reads.

Rules kept here: nothing is loaded from elsewhere and nothing runs inline (CSP, Trusted Types); whatever was written by
people stands in an element of its own direction, with the controls that reorder or hide what is read spelled out; a
page offers only what policy lets its reader do.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache, partial
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Response
from markupsafe import Markup, escape

from rabita.desk.dates import day_text, digits, time_text
from rabita.desk.languages import Language, language, preferred
from rabita.desk.words import ENGLISH
from rabita.gateways.rest.access import officer_principal
from rabita.gateways.rest.doors import cookie_name
from rabita.gateways.rest.problems import status_of
from rabita.gateways.rest.routing import At, Query, Route
from rabita.line.descriptor import read_descriptor
from rabita.line.errors import SENTENCES, RabitaError, UserFault
from rabita.line.ids import is_exercise_code
from rabita.procedures.engine.say import Reader
from rabita.services.audit import Action
from rabita.services.preferences import DeskStore, Preferences, preferences_of

HTML: Final = "text/html"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; font-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
PERMISSIONS: Final = "publickey-credentials-get=(self), publickey-credentials-create=(self)"
SIGN_IN: Final = "/sign-in"
_REORDERS: Final = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_HIDES: Final = "\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufeff\U000e0000-\U000e007f"
_CONTROLS: Final = re.compile(f"([{_REORDERS}{_HIDES}])")


class Place(NamedTuple):
    """A page of the menu: its name, its address, its title and lead (English), which deeds it is for (any of them)."""

    page: str
    path: str
    title: str
    lead: str
    actions: tuple[str, ...] = ()


class Desk(NamedTuple):
    """What all pages stand on: what officers chose, and the menu in its order."""

    store: DeskStore
    places: tuple[Place, ...]


class Reading(NamedTuple):
    """Whoever is shown a page and how they read: ``at`` with them in it, none where nobody is signed in."""

    desk: Desk
    at: At
    how: Preferences
    language: Language

    @property
    def reader(self) -> Reader:
        """How sentences of procedures are written for them."""
        return Reader(self.language.translate, _names(self.at, self.language.code), partial(time_text, how=self.how))


def reading(desk: Desk, at: At) -> Reading:
    """Find out how whoever asks reads: as they chose, or as their browser says."""
    at = _with_visitor(at)
    chosen = preferences_of(desk.store, at.who.officer.id) if at.who is not None else None
    how = chosen or Preferences(language=preferred(at.headers.get("accept-language", "")))
    return Reading(desk, at, how, language(how.language))


def page(
    seen: Reading,
    name: str,
    title: str,
    *,
    lead: str = "",
    status: int = HTTPStatus.OK,
    scripts: tuple[str, ...] = (),
    sheets: tuple[str, ...] = (),
    **view: Any,  # noqa: ANN401 - what a template shows
) -> Response[bytes]:
    """Write the page *name* from its template; *title* and *lead* are English, *view* is what the template shows.

    *scripts* and *sheets* are files in ``static/``, without their endings, beside those that every page has.
    """
    at, how, translate = seen.at, seen.how, seen.language.translate
    raw = (
        _environment(seen.language.code)
        .get_template(f"{name}.html")
        .render(
            page=name,
            title=translate(title),
            lead=translate(lead) if lead else "",
            scripts=scripts,
            sheets=sheets,
            how=how,
            who=at.who,
            language=seen.language,
            exercise=is_exercise_code(at.services.party),
            places=[each for each in seen.desk.places if is_for(each, at)],
            words=_words(seen.language.code),
            when=partial(_when, how=how),
            day=partial(day_text, how=how),
            number=lambda value: digits(str(value), how),
            **view,
        )
    )
    return response(raw.encode(), HTML, status)


def refusal(desk: Desk, at: At, fault: RabitaError) -> Response[bytes]:
    """Say on a page why something was refused; whoever is not signed in is sent to do so."""
    status = status_of(fault)
    if status == HTTPStatus.UNAUTHORIZED:
        return Response(b"", status_code=HTTPStatus.SEE_OTHER, media_type=HTML, headers={"location": SIGN_IN})
    seen = reading(desk, at)
    sentence = seen.language.translate(SENTENCES[fault.code])
    return page(
        *(seen, "refused", "This was not done"),
        status=status,
        sentence=sentence,
        detail=fault.detail,
        code=fault.code,
    )


def page_route(
    desk: Desk,
    place: Place,
    run: Callable[[Reading, Any], Response[bytes]],
    *,
    action: str = "read",
    audit: Action = Action.LIST,
    query: type[Query] = Query,
) -> Route:
    """Make the route of a page with data: what policy is asked, what the audit log calls it.

    It is for officers alone, for a token may be bound to lines that a page's address does not name.
    """

    def shown(at: At, asked: Query) -> Response[bytes]:
        if at.who is None:
            raise UserFault("session-over")
        return run(reading(desk, at), asked)

    return Route(
        method="GET",
        path=place.path,
        name=f"page-{place.page}",
        title=place.title,
        action=action,
        audit=audit,
        query=query,
        answers={200: Any},
        run=shown,
        gives=HTML,
        refused=partial(refusal, desk),
        tag="pages",
    )


def response(raw: bytes, media_type: str, status: int = HTTPStatus.OK) -> Response[bytes]:
    """Answer with what a browser may show, under the strict policy."""
    headers = {"content-security-policy": POLICY, "permissions-policy": PERMISSIONS}
    return Response(raw, status_code=status, media_type=media_type, headers=headers)


def is_for(place: Place, at: At) -> bool:
    """Say whether a page of the menu is for whoever asks."""
    return at.who is not None and (not place.actions or any(at.allows(action) for action in place.actions))


def code(text: str) -> Markup:
    """Write an id, reference or code: isolated, left to right, in no language."""
    return Markup('<bdi class="code" dir="ltr" translate="no">{}</bdi>').format(text)


def written(text: str, lang: str = "") -> Markup:
    """Write what people wrote: isolated, its controls spelled out. Joiners are letters' business and stay."""
    parts = [_spelled(each) if _CONTROLS.fullmatch(each) else escape(each) for each in _CONTROLS.split(text)]
    attribute = Markup(' lang="{}"').format(lang) if lang else ""
    return Markup('<span class="written" dir="auto"{}>{}</span>').format(attribute, Markup("").join(parts))


def _spelled(control: str) -> Markup:
    return Markup('<code class="control" dir="ltr">U+{:04X}</code>').format(ord(control))


def _when(time_ms: int, how: Preferences) -> Markup:
    """Write a time so that programs read it too; a time ahead or past is counted from ``data-ms``."""
    return Markup('<time data-ms="{}">{}</time>').format(time_ms, time_text(time_ms, how)) if time_ms else Markup("")


@cache
def _environment(code_: str) -> Environment:
    env = Environment(
        loader=PackageLoader("rabita.desk"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    translate = language(code_).translate
    env.install_gettext_callables(  # type: ignore[attr-defined]  # - put there by the extension
        translate, lambda one, many, count: translate(one if count == 1 else many), newstyle=True
    )
    env.filters |= {"code": code, "written": written}
    return env


@cache
def _words(code_: str) -> Markup:
    """Write the words that scripts say, as JSON that no markup can end."""
    told = {name: language(code_).translate(text) for name, text in ENGLISH.items()}
    return Markup(msgspec.json.encode(told).decode().replace("<", "\\u003c"))  # noqa: S704 - our own words, escaped


def _names(at: At, code_: str) -> Mapping[str, str]:
    """Give the names of all parties of this node's lines, as they call themselves in a language."""
    found: dict[str, str] = {}
    for record in at.services.store.lines():
        for raw in record.descriptors:
            party, names = _descriptor_names(raw)
            found[party] = names[code_]
    return found


@cache
def _descriptor_names(raw: bytes) -> tuple[str, Mapping[str, str]]:
    descriptor = read_descriptor(raw)
    return descriptor.party, descriptor.names


def _with_visitor(at: At) -> At:
    """Add the officer whose session's cookie came, to a request of a page that anyone may ask for."""
    officers = at.services.officers
    if at.who is not None or officers is None:
        return at
    try:
        who = officers.sign_in.who(at.cookies.get(cookie_name(officers), ""))
    except UserFault:
        return at
    return at._replace(principal=officer_principal(who), who=who)
