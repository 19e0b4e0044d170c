"""Draw the pages of the procedures from their definitions: a reference page each, state diagrams, the catalogue."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from rabita.line.ids import PRECEDENCES
from rabita.procedures.catalogue import PROCEDURES, VERSION, catalogue_digest, catalogue_json, fields_schema
from rabita.procedures.engine.definition import CORRECT, LANE, NEW, REPLY_BY, WITHDRAW, Duty, Procedure, Rule

HERE: Final = "procedures/"
_COMMON_FIELDS: Final = ("roles", "exercise")


def diagram(procedure: Procedure) -> str:
    """Draw the states as a Mermaid state diagram; acts that leave the state where it is are left out."""
    ids = {state: f"s{at}" for at, state in enumerate(procedure.all_states)} | {NEW: "[*]"}
    lines = ["stateDiagram-v2", *(f'    state "{state}" as {ids[state]}' for state in procedure.all_states)]
    arrows: dict[tuple[str, str], list[str]] = {}
    for name, rule in procedure.acts.items():
        for at, target in rule.moves.items():
            if at != target:
                arrows.setdefault((at, target), []).append(f"{name} (both)" if rule.who == "both" else name)
    for joint in procedure.joints:
        signs = [rule for rule in procedure.acts.values() if rule.signs == joint.name]
        for at in dict.fromkeys(state for rule in signs for state in rule.moves):
            if joint.to not in (at, *_joined(procedure, at)):
                arrows.setdefault((at, joint.to), []).append(f"both sign the {joint.name}")
    lines += [f"    {ids[at]} --> {ids[target]}: {', '.join(acts)}" for (at, target), acts in arrows.items()]
    lines += [f"    {ids[state]} --> [*]" for state in procedure.all_states if state in procedure.ends]
    return "\n".join(lines)


def _joined(procedure: Procedure, state: str) -> list[str]:
    """List results a state already lies beyond, so that no arrow goes back."""
    return [joint.to for joint in procedure.joints if state in procedure.beyond[joint.to]]


def procedure_page(procedure: Procedure) -> str:
    """Write the reference page of a procedure."""
    head = [
        f"# {procedure.title}",
        "",
        procedure.purpose,
        "",
        f"Named `{procedure.name}` in acts. {_suspension(procedure)} Drawn from its definition by `make docs`;",
        "the rules common to all are in [the engine](engine.md).",
        "",
        "```mermaid",
        diagram(procedure),
        "```",
        "",
        "## States",
        "",
        "| state | in words | ends the case |",
        "|---|---|---|",
        *(
            f"| {state} | {says} | {'yes' if state in procedure.ends else ''} |"
            for state, says in procedure.all_states.items()
        ),
        "",
    ]
    return "\n".join([*head, *_acts(procedure), *_duties(procedure), *_joint(procedure), *_fields(procedure)])


def _suspension(procedure: Procedure) -> str:
    if not procedure.suspendable:
        return "No suspension touches it."
    lanes = ", ".join(procedure.open_lanes)
    return f"A suspension may name it{f', but never on {lanes}' if lanes else ''}."


def _acts(procedure: Procedure) -> list[str]:
    rows = [
        f"| **{name}** | {rule.who} | {_moves(rule)} | {_portions(rule)} | {_notes(rule)} | {rule.says} |"
        for name, rule in procedure.acts.items()
    ]
    return [
        "## Acts",
        "",
        f"Beside these, *{CORRECT}* and *{WITHDRAW}* as in every procedure.",
        "",
        "| act | who | from → to | portions | rules | in words |",
        "|---|---|---|---|---|---|",
        *rows,
        "",
    ]


def _moves(rule: Rule) -> str:
    by_target: dict[str, list[str]] = {}
    for at, target in rule.moves.items():
        by_target.setdefault("stays" if at == target else f"→ {target}", []).append(at or "opens")
    return "; ".join(f"{', '.join(states)} {target}" for target, states in by_target.items())


def _portions(rule: Rule) -> str:
    return ", ".join(
        f"{each.role}{' (required)' if each.required else ''}{'' if each.may_withhold else ' (never withheld)'}"
        for each in rule.portions
    )


def _notes(rule: Rule) -> str:
    notes = [
        "consent act: foreign ministry and two more officers" if rule.consent else "",
        "a node may do it by itself" if rule.service else "",
        f"signs the {rule.signs}" if rule.signs else "",
        f"{', '.join(rule.precedences)} only" if rule.precedences != PRECEDENCES else "",
    ]
    return "; ".join(note for note in notes if note)


def _duties(procedure: Procedure) -> list[str]:
    rows = [
        f"| {duty.says} | {duty.who} | {', '.join(duty.since)}{_when(duty)} | "
        f"{', '.join(duty.until)} | {_clock(duty)} |"
        for duty in procedure.duties
    ]
    head = ["## Duties", "", "| owed | by | since | until | clock |", "|---|---|---|---|---|"]
    return [*head, *rows, ""] if rows else []


def _when(duty: Duty) -> str:
    return "".join(f", where {name} is {value}" for name, value in duty.when.items())


def _clock(duty: Duty) -> str:
    clock = {LANE: "handling time of the lane", "": "none: days open"}.get(
        duty.within, f"`{duty.within}` of the charter"
    )
    named = {"": clock, REPLY_BY: "the act's reply-by time"}.get(duty.at, f"the time in its `{duty.at}`")
    return f"{named}; rings" if duty.rings else named


def _joint(procedure: Procedure) -> list[str]:
    lines = [
        f"- **{joint.name}**: both sign the same {' or '.join(f'*{act}*' for act in joint.of)}; then *{joint.to}*. "
        f"{joint.says}"
        for joint in procedure.joints
    ]
    crossed = [
        f"- *{one}* and *{'any act that would move the state' if two == '*' else two}* → {crossing.to or 'stays'}"
        for crossing in procedure.crossings
        for one, two in (crossing.acts,)
    ]
    joint = ["## What needs both signatures", "", *lines, ""] if lines else []
    return [*joint, *(["## When two acts cross", "", *crossed, ""] if crossed else [])]


def _fields(procedure: Procedure) -> list[str]:
    lines = ["## Coded fields", "", "The JSON Schemas are in [the catalogue](catalogue.json).", ""]
    for name, rule in procedure.acts.items():
        schema = fields_schema(rule.fields)
        body = schema["$defs"][schema["$ref"].removeprefix("#/$defs/")]
        properties = {key: value for key, value in body["properties"].items() if key not in _COMMON_FIELDS}
        if not properties:
            continue
        required = body.get("required", [])
        lines += [f"### {name}", "", body.get("description", ""), "", "| field | value | required |", "|---|---|---|"]
        lines += [
            f"| `{key}` | {_kind(value)} | {'yes' if key in required else ''} |" for key, value in properties.items()
        ]
        lines.append("")
    return lines


def _kind(value: dict[str, Any]) -> str:
    """Say in words what a property may be."""
    if "$ref" in value:
        return str(value["$ref"]).removeprefix("#/$defs/")
    if "enum" in value:
        return ", ".join(f"`{each}`" for each in value["enum"])
    if "anyOf" in value:
        return " or ".join("none" if each.get("type") == "null" else _kind(each) for each in value["anyOf"])
    if value.get("type") == "array":
        return f"list of {_kind(value['items'])}"
    if value.get("type") == "integer":
        return f"whole number{_bounds(value)}"
    return {"string": "code", "boolean": "yes or no", "object": "coded fields"}.get(
        value.get("type", ""), "coded fields"
    )


def _bounds(value: dict[str, Any]) -> str:
    low, high = value.get("minimum"), value.get("maximum")
    return f", {low:,} to {high:,}" if low is not None and high is not None else ""


def index_page() -> str:
    """Write the list of procedures."""
    rows = [f"| [{each.title}]({each.slug}.md) | {each.purpose} |" for each in PROCEDURES]
    return "\n".join(
        [
            "# Procedures",
            "",
            "What the two sides do together, each a small state machine written as data. [The engine](engine.md)",
            "says how they are computed, [adding one](adding.md) how to write another. Drawn from the definitions by",
            "`make docs`.",
            "",
            f"Catalogue version {VERSION}, the one charters name; [as JSON](catalogue.json), SHA-256",
            f"`{catalogue_digest()}`.",
            "",
            "| procedure | what it is for |",
            "|---|---|",
            *rows,
            "",
        ]
    )


PAGES: Final[dict[str, Callable[[], str]]] = {
    f"{HERE}index.md": index_page,
    f"{HERE}catalogue.json": lambda: catalogue_json().decode() + "\n",
    **{f"{HERE}{each.slug}.md": partial(procedure_page, each) for each in PROCEDURES},
}
