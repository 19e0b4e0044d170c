"""Writes pages: a template, what it shows, and how its reader reads.

Rules kept here: nothing is loaded from elsewhere and nothing runs inline (CSP, Trusted Types); whatever was written by
people stands in an element of its own direction, with the controls that reorder or hide what is read spelled out; a
page offers only what policy lets its reader do.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from http import HTTPStatus
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple
from unicodedata import bidirectional

from litestar import Response
from markupsafe import Markup, escape

from rabita.desk.dates import clock_text, day_text, digits, time_text
from rabita.desk.gazetteer import place_names
from rabita.desk.languages import OWN_NAMES, RTL, Language, language, preferred
from rabita.desk.menu import KEYS, grouped
from rabita.desk.modules import COMMON, imported
from rabita.desk.static_files import address
from rabita.desk.tour import may_tour, off_tour, on_tour, step_of, tour_of
from rabita.gateways.rest.access import officer_principal
from rabita.gateways.rest.doors import cookie_name
from rabita.gateways.rest.problems import status_of
from rabita.gateways.rest.routing import READ, At, Query, Route
from rabita.line.descriptor import read_descriptor
from rabita.line.errors import SENTENCES, RabitaError, UserFault
from rabita.line.ids import is_exercise_code
from rabita.procedures.engine.say import Reader
from rabita.services.audit import Action
from rabita.services.preferences import DeskStore, Preferences, Zone, preferences_of

if TYPE_CHECKING:
    from jinja2 import Environment


HTML: Final = "text/html"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; font-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
PERMISSIONS: Final = "publickey-credentials-get=(self), publickey-credentials-create=(self)"
SIGN_IN: Final = "/sign-in"
TOUR: Final = "tour"
FRAME: Final = "frame.html"
SHEETS: Final = "record.html"
"""The frame of pages, and the one that stands in its place on paper."""
_REORDERS: Final = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_HIDES: Final = "\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufeff\U000e0000-\U000e007f"
_RIGHT: Final = ("R", "AL")
_STRONG: Final = ("L", *_RIGHT)
"""The classes of letters that say which way a text runs (Unicode Standard Annex 9)."""
_CONTROLS: Final = re.compile(f"([{_REORDERS}{_HIDES}])")


class Place(NamedTuple):
    """A page of the menu: its name, its address, its title and lead (English), which deeds it is for (any of them)."""

    page: str
    path: str
    title: str
    lead: str
    actions: tuple[str, ...] = ()


class Taking(NamedTuple):
    """Something that a page offers to take out: what, in the reader's language, and its address."""

    says: str
    address: str


class Desk(NamedTuple):
    """What all pages stand on: what officers chose, the menu in its order, what may be taken out of which page.

    ``takings`` is asked with the reading, the page's name and what it shows.
    """

    store: DeskStore
    places: tuple[Place, ...]
    takings: Callable[["Reading", str, Mapping[str, Any]], Sequence[Taking]] = lambda *_: ()


class Paper(NamedTuple):
    """What stands on every sheet of a page on paper: what it is a record of, and how that is marked.

    ``made`` is the time it bears, as ISO 8601 writes it.
    """

    reference: str
    marking: str
    made: str


class Reading(NamedTuple):
    """Whoever is shown a page and how they read: ``at`` with them in it, none where nobody is signed in.

    ``reader`` is how sentences of procedures are written for them. With ``paper`` the page is written for sheets: its
    body alone, in another frame. ``step`` is that of the tour, or 0.
    """

    desk: Desk
    at: At
    how: Preferences
    language: Language
    reader: Reader
    paper: Paper | None = None
    step: int = 0


def reading(desk: Desk, at: At) -> Reading:
    """Find out how whoever asks reads: as they chose, or as their browser says."""
    at = _with_visitor(at)
    chosen = preferences_of(desk.store, at.who.officer.id) if at.who is not None else None
    how = chosen or Preferences(language=preferred(at.headers.get("accept-language", "")))
    spoken = language(how.language)
    places = place_names(spoken.code)
    reader = Reader(
        lambda text: places.get(text) or spoken.translate(text), _names(at, spoken.code), partial(time_text, how=how)
    )
    return Reading(desk, at, how, spoken, reader)


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
    places, now_ms = [each for each in seen.desk.places if is_for(each, at)], at.services.clock.now_ms()
    pages = {each.page for each in places}
    tour = tour_of(at, pages, seen.step)
    touring = (TOUR,) if tour else ()
    modules = (*COMMON, *scripts, *touring)
    raw = (
        _environment(seen.language.code, paper=seen.paper is not None)
        .get_template(f"{name}.html")
        .render(
            page=name,
            title=translate(title),
            lead=translate(lead) if lead else "",
            scripts=modules,
            imported=imported(modules),
            sheets=(*sheets, *touring),
            how=how,
            who=at.who,
            paper=seen.paper,
            takings=seen.desk.takings(seen, name, view),
            tour=tour,
            may_tour=may_tour(at.services.party, pages),
            language=seen.language,
            exercise=is_exercise_code(at.services.party),
            places=places,
            menu=grouped(places),
            keys=KEYS,
            languages=OWN_NAMES.items(),
            reads=at.who is not None and at.allows(READ),
            now_ms=now_ms,
            clocks=[(zone, clock_text(now_ms, zone, how)) for zone in Zone],
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
        detail=seen.language.translate(fault.detail),
        code=fault.code,
    )


def page_route(
    desk: Desk,
    place: Place,
    run: Callable[[Reading, Any], Response[bytes]],
    *,
    action: str = READ,
    audit: Action = Action.LIST,
    query: type[Query] = Query,
) -> Route:
    """Make the route of a page with data: what policy is asked, what the audit log calls it.

    It is for officers alone, for a token may be bound to lines that a page's address does not name.
    """

    def shown(at: At, asked: Query) -> Response[bytes]:
        if at.who is None:
            raise UserFault("session-over")
        return run(reading(desk, at)._replace(step=step_of(asked)), off_tour(query, asked))

    return Route(
        method="GET",
        path=place.path,
        name=f"page-{place.page}",
        title=place.title,
        action=action,
        audit=audit,
        query=on_tour(query),
        answers={200: Any},
        run=shown,
        gives=HTML,
        refused=partial(refusal, desk),
        tag="pages",
    )


def script_route(
    method: Literal["GET", "POST"],
    path: str,
    name: str,
    title: str,
    run: Callable[[At, Any], Any],
    **more: Any,  # noqa: ANN401 - what else a ``Route`` says
) -> Route:
    """Make the route of something that a page's script asks of this node; *more* as ``Route`` has it."""
    usual = {"action": READ, "audit": Action.CHANGE_SETTINGS, "tag": "pages"}
    return Route(method=method, path=path, name=name, title=title, run=run, **{**usual, **more})


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


def written(text: str, lang: str = "", marks: Sequence[tuple[int, int]] = ()) -> Markup:
    """Write what people wrote: isolated, its controls spelled out. Joiners are letters' business and stay.

    *marks* are stretches of it (characters, in order, none within another) that are marked.
    """
    parts, place = [], 0
    for begin, end in marks:
        parts += [_plain(text[place:begin]), Markup("<mark>{}</mark>").format(_plain(text[begin:end]))]
        place = end
    attribute = Markup(' lang="{}"').format(lang) if lang else ""
    if lang in RTL:  # as it was written, for what marks its false friends
        attribute += Markup(' data-said="{}"').format(text)
    body = Markup("").join([*parts, _plain(text[place:])])
    kind = "written latin" if _runs(text) == "L" else "written"
    return Markup('<span class="{}" dir="auto"{}>{}</span>').format(kind, attribute, body)


def _written_on_paper(text: str, lang: str = "", marks: Sequence[tuple[int, int]] = ()) -> Markup:
    """Write what people wrote with the direction said, by its first letter: what draws sheets does not find it out."""
    said = Markup('dir="{}"').format("rtl" if _runs(text) in _RIGHT else "ltr")
    return written(text, lang, marks).replace(Markup('dir="auto"'), said, 1)


def _runs(text: str) -> str:
    """Give the class of the first letter that says which way a text runs, empty where none does."""
    return next((found for each in text if (found := bidirectional(each)) in _STRONG), "")


def spelled(text: str) -> str:
    """Spell the controls out in what is written where there is no markup."""
    return _CONTROLS.sub(lambda found: f"U+{ord(found[0]):04X}", text)


def _plain(text: str) -> Markup:
    parts = [_spelled(each) if _CONTROLS.fullmatch(each) else escape(each) for each in _CONTROLS.split(text)]
    return Markup("").join(parts)


def _spelled(control: str) -> Markup:
    return Markup('<code class="control" dir="ltr">U+{:04X}</code>').format(ord(control))


def _when(time_ms: int, how: Preferences) -> Markup:
    """Write a time so that programs read it too; a time ahead or past is counted from ``data-ms``."""
    return Markup('<time data-ms="{}">{}</time>').format(time_ms, time_text(time_ms, how)) if time_ms else Markup("")


@cache
def _environment(code_: str, *, paper: bool) -> "Environment":
    from jinja2 import (  # noqa: PLC0415 - a node whose pages nobody opens does without
        ChoiceLoader,
        DictLoader,
        Environment,
        PackageLoader,
        StrictUndefined,
    )

    pages = PackageLoader("rabita.desk")
    env = Environment(
        loader=ChoiceLoader([DictLoader({FRAME: _template(SHEETS)}), pages]) if paper else pages,
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
    env.globals["static"] = address
    env.filters |= {"code": code, "written": _written_on_paper if paper else written}
    return env


def _template(name: str) -> str:
    return files(__package__).joinpath("templates", name).read_text(encoding="utf-8")


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
