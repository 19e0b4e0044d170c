"""The port ``rabita.services.policy.Policy`` by Cedar, through the package ``cedarpy``.

Rules kept here: policies and schema are read once; a question is one request with the two entities it is about. A
question or a policy that cannot be evaluated is a refusal. A refusal is told by the words of the policies that forbid
it, or, where none allows it, by the words of those that allow it to others. The package is loaded with the first
question, or with a party's own folder, which is checked before the node begins.
"""

from functools import cached_property, lru_cache
from typing import Any, Final, NamedTuple

import msgspec

from rabita.policy.files import Source, Written, deeds, read_source, schema_text, split
from rabita.services.policy import NOTHING, OFFICER, USUAL, Circumstances, Decision, Matter, Subject

KEPT_DECISIONS: Final = 1_024
NOTHING_ELSE: Final = "Nothing else allows it."
NOBODY: Final = "No policy allows anyone to do this."
UNDECIDED: Final = "It could not be decided, and so it is refused."
REFUSALS: Final = (NOTHING_ELSE, NOBODY, UNDECIDED)
"""The sentences of refusals that are no policy's own words."""
_PRINCIPALS: Final = {OFFICER: "Officer"}
_TOKEN: Final = "Token"  # noqa: S105 - the name of a kind of entity


class Rule(NamedTuple):
    """One policy as read: its id and words, whether it permits, what it is about and of whom (empty: of anyone)."""

    id: str
    words: str
    permits: bool
    actions: tuple[str, ...]
    principal: str
    written: Written


class CedarPolicy:
    """Decides by a set of policies. Any thread may ask."""

    def __init__(self, source: Source) -> None:
        """Begin; nothing is loaded yet."""
        self.source = source
        self._kept = lru_cache(KEPT_DECISIONS)(self._decide)

    @property
    def actions(self) -> tuple[str, ...]:
        """See ``Policy.actions``."""
        return tuple(deeds())

    def decide(
        self, subject: Subject, action: str, matter: Matter = NOTHING, circumstances: Circumstances = USUAL
    ) -> Decision:
        """See ``Policy.decide``."""
        return self._kept(subject, action, matter, circumstances)

    def _decide(self, subject: Subject, action: str, matter: Matter, circumstances: Circumstances) -> Decision:
        package, policies, schema, rules = self._loaded
        kind = _PRINCIPALS.get(subject.kind, _TOKEN)
        request = {
            "principal": {"type": kind, "id": subject.id},
            "action": {"type": "Action", "id": action},
            "resource": {"type": "Matter", "id": "it"},
            "context": _json(_context(circumstances)),
        }
        entities = [_officer(subject) if kind != _TOKEN else _token(subject), _matter(matter)]
        found = package.is_authorized(request, policies, _json(entities), schema)
        if found.diagnostics.errors or found.decision is package.Decision.NoDecision:
            return Decision(allowed=False, sentence=UNDECIDED)
        fired = set(found.diagnostics.id_annotations_by_reason.values())
        decided = tuple([each for each in rules if each.id in fired])
        if found.allowed:
            return Decision(allowed=True, policies=tuple([each.id for each in decided]))
        why = " ".join([each.words for each in decided]) or _lacking(rules, action, kind)
        return Decision(allowed=False, sentence=why, policies=tuple([each.id for each in decided]))

    def load(self) -> tuple[Rule, ...]:
        """Read and check the policies now; raises ``UserFault("policy-invalid")`` naming file and line."""
        return self._loaded[3]

    @cached_property
    def _loaded(self) -> tuple[Any, Any, Any, tuple[Rule, ...]]:
        import cedarpy  # noqa: PLC0415 - heavy, and a node that nobody asks over HTTP does without

        schema = cedarpy.Schema.from_str(schema_text())
        written = list(split(self.source))
        rules = tuple([_rule(cedarpy, schema, each) for each in written])
        ids: set[str] = set()
        for rule in rules:
            if rule.id in ids:
                raise rule.written.fault(f"another policy has the id {rule.id}")
            ids.add(rule.id)
        policies = cedarpy.PolicySet.from_str("\n".join([each.text for each in written]))
        return cedarpy, policies, schema, rules


def open_policy(folder: str) -> CedarPolicy:
    """Open a party's folder of policies and check it, or, where *folder* is empty, open the built-in set.

    Raises ``UserFault("policy-invalid")`` naming file and line.
    """
    policy = CedarPolicy(read_source(folder))
    if folder:
        policy.load()
    return policy


def _rule(package: Any, schema: Any, written: Written) -> Rule:  # noqa: ANN401 - the package is loaded late
    """Read one policy and check it against the schema."""
    try:
        read = msgspec.json.decode(package.policies_to_json_str(written.text))
    except ValueError as fault:
        raise written.fault(str(fault)) from fault
    policies = list(read["staticPolicies"].values())
    if len(policies) != 1:
        raise written.fault("not one policy; templates are not used here")
    (policy,) = policies
    said = policy.get("annotations") or {}
    for wanted in ("id", "words"):
        if not said.get(wanted):
            raise written.fault(f"it has no @{wanted}(...)")
    if errors := package.validate_policies(written.text, schema).errors:
        raise written.fault(errors[0].error.partition(": ")[2] or errors[0].error)
    principal = policy["principal"]
    return Rule(
        said["id"],
        said["words"],
        policy["effect"] == "permit",
        _actions(policy["action"]),
        principal.get("entity_type") or ("Officer" if principal["op"] != "All" else ""),
        written,
    )


def _actions(scope: dict[str, Any]) -> tuple[str, ...]:
    """List what a policy is about, by the action part of its head."""
    if scope["op"] == "All":
        return tuple(deeds())
    named = {each["id"] for each in (scope.get("entities") or [scope["entity"]])}
    return tuple([each.name for each in deeds().values() if named & {each.name, *each.groups}])


def _lacking(rules: tuple[Rule, ...], action: str, kind: str) -> str:
    """Say who may, where no policy allows it to the one who asked."""
    permits = [each for each in rules if each.permits and action in each.actions]
    fitting = [each for each in permits if each.principal in ("", kind)] or permits
    if fitting:
        return " ".join([*(each.words for each in fitting), NOTHING_ELSE])
    return NOBODY


def _officer(subject: Subject) -> dict[str, Any]:
    return {
        "uid": {"type": "Officer", "id": subject.id},
        "parents": [{"type": "Role", "id": each} for each in subject.roles],
        "attrs": {
            "posts": subject.posts,
            "clearances": subject.clearances,
            "tenures": [{"role": _entity("Role", role), "post": post} for role, post in subject.tenures],
        },
    }


def _token(subject: Subject) -> dict[str, Any]:
    attributes = {"scope": _entity("Scope", subject.scope), "lines": subject.lines}
    return {"uid": {"type": _TOKEN, "id": subject.id}, "parents": [], "attrs": attributes}


def _matter(matter: Matter) -> dict[str, Any]:
    attributes = msgspec.structs.asdict(matter)
    attributes["precedence"] = _entity("Precedence", matter.precedence or "none")
    attributes["drafters"] = [_entity("Officer", each) for each in matter.drafters]
    officer = attributes.pop("officer")
    attributes |= {"officer": _entity("Officer", officer)} if officer else {}
    return {"uid": {"type": "Matter", "id": "it"}, "parents": [], "attrs": attributes}


def _context(circumstances: Circumstances) -> dict[str, Any]:
    accreditation = _entity("Accreditation", circumstances.accreditation)
    return msgspec.structs.asdict(circumstances) | {"accreditation": accreditation}


def _entity(kind: str, name: str) -> dict[str, dict[str, str]]:
    return {"__entity": {"type": kind, "id": name}}


def _json(value: Any) -> str:  # noqa: ANN401 - plain values
    return msgspec.json.encode(value).decode()
