"""Brings the catalogues of Urdu and Persian up to what the program says; a new sentence has no translation yet.

``make words`` runs it. Translations go into ``src/rabita/desk/locale/<language>.po`` by any tool that knows gettext. An
argument ``ur=FILE`` takes over those of a file of lines ``English<TAB>translation``.
"""

import ast
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from rabita import __version__
from rabita.desk import compose
from rabita.desk.menu import GROUPS
from rabita.desk.words import ENGLISH
from rabita.line.errors import SENTENCES
from rabita.policy.cedar import open_policy
from rabita.procedures.catalogue import CATALOGUE
from rabita.procedures.commitment import DUTIES
from rabita.procedures.engine.say import common_messages, label, messages
from rabita.procedures.incident import NARRATIVE
from rabita.procedures.marking import WORDS
from rabita.procedures.marking_grades import GRADE, INFORMATION_WORDS, SOURCE_WORDS
from rabita.procedures.territory import ALLOWED
from rabita.services.officers import Role

_SAYING: Final = {"Place": (2, 3), "page": (2,), "translate": (0,)}
"""Which arguments of which calls are sentences."""
LOCALE: Final = Path("src/rabita/desk/locale")
TRANSLATED: Final = ("ur", "fa")
MADE: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""No date of today in them, so that nothing but what is said changes a catalogue."""
HEADER: Final = "# Sentences of Rabita, translated. Readers who speak the language from home have yet to review them."


def said() -> dict[str, str]:
    """Give every sentence that the program says to officers, each once, with where it belongs."""
    found: dict[str, str] = {}
    for place, sentences in _places():
        for each in sentences:
            found.setdefault(each, place)
    return found


def _places() -> Iterator[tuple[str, list[str]]]:
    for procedure in CATALOGUE.procedures.values():
        yield f"procedure: {procedure.title}", messages(procedure)
    yield "promises", list(DUTIES)
    yield "both accounts", [label(f"{each.role}, in words") for each in NARRATIVE]
    yield "every procedure", common_messages()
    yield "markings", list(WORDS.values())
    yield "grades", [*[text for each in SOURCE_WORDS.values() for text in each.values()], GRADE]
    yield "grades", [text for each in INFORMATION_WORDS.values() for text in each.values()]
    yield "territory", list(ALLOWED.values())
    yield "errors", list(SENTENCES.values())
    yield "words of scripts", list(ENGLISH.values())
    yield "pages", sorted(set(_of_modules()))
    yield "menu", [title for title, _ in GROUPS]
    yield "composing", list(compose.said())
    yield "roles", [each.replace("-", " ") for each in Role]
    yield "policies", [each.words for each in open_policy("").load()]
    for name in sorted(each.name for each in files("rabita.desk").joinpath("templates").iterdir()):
        yield f"page {name}", _of_template(name)


def _of_modules() -> Iterator[str]:
    """Yield the sentences in the desk's modules: titles, leads, what is translated, tables whose names end in SAYS."""
    for path in sorted(Path("src/rabita/desk").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield from _of_call(node)
            elif isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "").endswith("SAYS") and node.value:
                yield from _texts(node.value)


def _of_call(node: ast.Call) -> Iterator[str]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    given = [one for each in node.args for one in _spread(each)]
    wanted = [given[at] for at in _SAYING.get(name, ()) if at < len(given)]
    wanted += [each.value for each in node.keywords if name in _SAYING and each.arg in ("title", "lead")]
    yield from [
        each.value for each in wanted if isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value
    ]


def _spread(node: ast.expr) -> list[ast.expr]:
    """Give an argument, or those that a tuple with a star stands for."""
    return node.value.elts if isinstance(node, ast.Starred) and isinstance(node.value, ast.Tuple) else [node]


def _texts(node: ast.expr) -> Iterator[str]:
    """Yield the texts of a table: the values of a mapping, or all of a sequence."""
    if isinstance(node, ast.Call):
        node = node.args[0]
    parts = node.values if isinstance(node, ast.Dict) else getattr(node, "elts", [])
    for each in parts:
        if isinstance(each, ast.Constant):
            yield str(each.value)
        else:
            yield from _texts(each)


def _of_template(name: str) -> list[str]:
    """Give the sentences of a template."""
    options = {"trimmed": "true", "silent": "false"}
    with files("rabita.desk").joinpath("templates", name).open("rb") as file:
        found = extract("jinja2.ext:babel_extract", file, options=options)
        return [each for _, message, _, _ in found for each in ((message,) if isinstance(message, str) else message)]


def updated(language: str, translations: dict[str, str]) -> Catalog:
    """Give the catalogue of a language as it stands, with all that is said and these *translations* beside."""
    path = LOCALE / f"{language}.po"
    with path.open("rb") as file:
        before = {each.id: each.string for each in read_po(file, locale=language) if each.id and not each.fuzzy}
    after = Catalog(
        language,
        header_comment=HEADER,
        project="Rabita",
        version=__version__,
        msgid_bugs_address="none",
        creation_date=MADE,
        revision_date=MADE,
        last_translator="Rabita",
        language_team=language,
        charset="utf-8",
        fuzzy=False,
    )
    for message, place in said().items():
        text = translations.get(message) or before.get(message) or ""
        after.add(message, text, auto_comments=[place], flags=["python-brace-format"] if "{" in message else [])
    return after


def main(arguments: list[str]) -> None:
    """Write both catalogues anew; an argument ``ur=FILE`` takes translations from a file."""
    given = dict(each.split("=", 1) for each in arguments)
    for language in TRANSLATED:
        lines = Path(given[language]).read_text(encoding="utf-8").splitlines() if language in given else []
        pairs = [line.partition("\t") for line in lines if "\t" in line]
        catalogue = updated(language, {english: text for english, _, text in pairs})
        with (LOCALE / f"{language}.po").open("wb") as file:
            write_po(file, catalogue, width=0, omit_header=False, sort_output=False)
        left = [each.id for each in catalogue if each.id and not each.string]
        print(f"{language}: {len(catalogue)} messages, {len(left)} without a translation")


if __name__ == "__main__":
    main(sys.argv[1:])
