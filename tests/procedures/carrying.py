"""Acts that carry portions, and what their rules find in them: words and markings as services lay them out."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from rabita.line.entry import SENT, PortionRef
from rabita.procedures.engine.held import Held
from rabita.procedures.marking import Marking, parse_marking
from rabita.procedures.rules import RuleFinding
from tests.procedures.ruling import NOW_MS, ruled
from tests.procedures.world import World


class Carried(NamedTuple):
    """A portion as an act carries it."""

    role: str
    text: str = "words"
    marking: str = ""
    language: str = ""
    state: str = SENT

    @property
    def ref(self) -> PortionRef:
        digest = sha256(repr(self).encode()).hexdigest()
        return PortionRef(digest, self.state, self.marking, language=self.language)


def carry(
    world: World,
    author: str,
    name: str,
    act: str,
    basis: Sequence[Held] = (),
    fields: Mapping[str, Any] | None = None,
    carried: Sequence[Carried] = (),
    **more: Any,  # noqa: ANN401 - a field of the act
) -> Held:
    """Seal an act of procedure *name* with portions whose roles its fields name."""
    roles = {"roles": [each.role for each in carried]} if carried else {}
    refs = tuple([each.ref for each in carried])
    return world.say(author, name, act, basis, {**(fields or {}), **roles}, portions=refs, **more)


def found(
    world: World,
    held: Held,
    carried: Sequence[Carried] = (),
    now_ms: int = NOW_MS,
) -> tuple[RuleFinding, ...]:
    """Give what the rules find in an act that carries these portions."""
    assert held.act is not None
    levels = tuple(world.charters[held.charter].classification)
    texts: dict[str, tuple[str, ...]] = {}
    markings: dict[str, tuple[Marking, ...]] = {"": (parse_marking(held.act.marking, levels),)}
    for each in carried:
        if each.state == SENT:
            texts[each.role] = (*texts.get(each.role, ()), each.text)
        markings[each.role] = (*markings.get(each.role, ()), parse_marking(each.marking, levels))
    return ruled(world, held, now_ms, texts=texts, markings=markings)


def codes(findings: Sequence[RuleFinding]) -> list[str]:
    """List the codes found, those that are only shown in parentheses."""
    return [each.code if each.refuses else f"({each.code})" for each in findings]
