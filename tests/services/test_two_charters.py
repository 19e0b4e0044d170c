"""Amendments in the middle of traffic, cuts, crashes and failing disks: both nodes have one succession of charters."""

from hypothesis import settings
from hypothesis.stateful import rule

from rabita.line.amendment import last_signer
from rabita.line.entry import decode_stamp
from rabita.line.ids import Lane
from rabita.line.state import charter_fault, load
from tests.line.amending import amended, amendment_draft
from tests.line.founders import THEM, US
from tests.services.test_two_nodes import CODES, TwoNodes, sides


class TwoCharters(TwoNodes):
    """Whoever signs the next version last seals it, whenever its node holds the one before."""

    @rule(code=sides)
    def amend(self, code: str) -> None:
        node, done = self.nodes[code], self.done[code]
        newest = node.exchange.state.charters[-1]
        if last_signer(newest.charter, newest.number + 1) == code:
            given = amendment_draft(code, amended(newest))
            node.exchange.seal(
                given, Lane.CONTROL, lambda answer: done.append(answer) if isinstance(answer, tuple) else None
            )

    def teardown(self) -> None:
        super().teardown()
        states = [self.nodes[code].exchange.state for code in CODES]
        assert states[0].charters == states[1].charters
        for code, state in zip(CODES, states, strict=True):
            assert load(self.nodes[code].disk.snapshot(self.line)).charters == state.charters
            for each in self.nodes[code].disk.listed(self.line, "", 0, 100_000):
                stamp = decode_stamp(each.row.entry.stamp)
                assert charter_fault(state, each.log.party, stamp, each.row.n) == ""
        begins = [self.begins(code) for code in CODES]
        assert begins[0] == begins[1]

    def begins(self, code: str) -> dict[tuple[str, int], int]:
        """Give, as one node holds it, the number of the first entry that each party wrote under each version."""
        found: dict[tuple[str, int], int] = {}
        for each in self.nodes[code].disk.listed(self.line, "", 0, 100_000):
            key = (each.log.party, decode_stamp(each.row.entry.stamp).charter)
            found[key] = min(each.row.n, found.get(key, each.row.n))
        return found


TestTwoCharters = TwoCharters.TestCase
TestTwoCharters.settings = settings(max_examples=30, stateful_step_count=40, deadline=None)


def test_one_side_lags_and_follows() -> None:
    machine = TwoCharters()
    machine.amend(THEM)
    for code in CODES:
        machine.seal_on(code, Lane.ROUTINE, "one side has it, the other does not yet")
    machine.settle()
    assert [machine.nodes[code].exchange.state.charter.version for code in (THEM, US)] == [2, 1]
    machine.connect(US)
    machine.teardown()
    assert [machine.nodes[code].exchange.state.charter.version for code in (THEM, US)] == [2, 2]
    machine.amend(US)
    machine.seal_on(US, Lane.FLASH, "under the third")
    machine.settle()
    assert machine.nodes[US].exchange.state.charter.version == 3
