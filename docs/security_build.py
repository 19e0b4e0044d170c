"""The page of the verification by OWASP ASVS 5.0, drawn from its table, ``docs/security/asvs.toml``.

Each requirement of levels 1 and 2 has its number, what it is about in our words (the text of the standard is its own),
whether it is met, by what, and the tests and pages that show it.
"""

import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

TABLE: Final = Path(__file__).parent / "security" / "asvs.toml"
CHAPTERS: Final = (
    *("Encoding and sanitization", "Validation and business logic", "Web frontend", "API and web service"),
    *("File handling", "Authentication", "Session management", "Authorization", "Self-contained tokens"),
    *("OAuth and OIDC", "Cryptography", "Secure communication", "Configuration", "Data protection"),
    *("Secure coding and architecture", "Security logging and error handling", "WebRTC"),
)
MET: Final = "met"
GAP: Final = "gap"
NOT_APPLICABLE: Final = "not applicable"


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One requirement; ``shown_by`` holds tests as ``path::name`` and pages as ``path`` or ``path#heading``."""

    id: str
    level: int
    about: str
    state: str
    how: str
    shown_by: tuple[str, ...] = ()


def items() -> tuple[Item, ...]:
    """Read the table."""
    table: dict[str, Any] = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return msgspec.convert(table["items"], tuple[Item, ...])


def asvs_page() -> str:
    """Return ``security/asvs.md``."""
    found = items()
    lines = [
        "# Verification by OWASP ASVS 5.0",
        "",
        "Every requirement of levels 1 and 2 of the OWASP Application Security Verification Standard 5.0.0, by its",
        "number, in our words. Tests are named as `path::name`; one of ours fails if a test or page named here is not",
        "there. Drawn from `docs/security/asvs.toml` by `make docs`. See the [threat model](threat-model.md) and the",
        "[rules of security](rules.md).",
        "",
        *_counts(found),
        "",
        "## Gaps",
        "",
        *[f"- **{each.id}** (level {each.level}): {each.about}. {each.how}" for each in found if each.state == GAP],
    ]
    for number, chapter in enumerate(CHAPTERS, 1):
        rows = [each for each in found if each.id.startswith(f"V{number}.")]
        lines += [
            "",
            f"## V{number} {chapter}",
            "",
            "| | level | about | | by what | shown by |",
            "|---|---|---|---|---|---|",
        ]
        lines += [_row(each) for each in rows]
    return "\n".join([*lines, ""])


def _counts(found: Iterable[Item]) -> Sequence[str]:
    count = Counter((each.level, each.state) for each in found)
    states = (MET, NOT_APPLICABLE, GAP)
    head = ["| level | " + " | ".join(states) + " | all |", "|---" * (len(states) + 2) + "|"]
    return [
        *head,
        *(
            f"| {level} | "
            + " | ".join(str(count[level, state]) for state in states)
            + f" | {sum(count[level, state] for state in states)} |"
            for level in (1, 2)
        ),
    ]


def _row(item: Item) -> str:
    shown = "<br>".join(
        f"`{each}`" if "::" in each else f"[{each.partition('/')[2]}](../{each.partition('/')[2]})"
        for each in item.shown_by
    )
    return f"| {item.id} | {item.level} | {item.about} | {item.state} | {item.how} | {shown} |"


PAGES: Final = {"security/asvs.md": asvs_page}
