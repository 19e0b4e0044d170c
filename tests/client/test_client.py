"""The Python client against running nodes, waiting and on an event loop; its parser of event streams on paper."""

import asyncio
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabita.client import AsyncClient, Client, calls
from rabita.client.making import fault_of
from rabita.client.streaming import EVENT_BYTES_MAX, Heard, Parser
from rabita.gateways.rest.access import Scope
from rabita.gateways.rest.problems import FieldError
from rabita.line.errors import LocalFault, PeerFault, UserFault
from tests.app.people import free_ports
from tests.gateways.people import House, Side, house

STREAM = (
    b'id: s-1\r\nevent: sealed\r\ndata: {"n":1}\r\n\r\n: still here\r\n\r\nid: s-2\r\nevent: told\r\ndata: {}\r\n\r\n'
)
HEARD = [Heard("s-1", "sealed", {"n": 1}), Heard("s-2", "told", {})]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder: Path = tmp_path_factory.mktemp("house")
    with house(folder) as found:
        yield found


@pytest.fixture
def side(home: House) -> Side:
    return home.sides[0]


@pytest.mark.sockets
def test_everything_is_read_as_the_nodes_own_structs(home: House, side: Side) -> None:
    with side.client() as node:
        (line,) = node.ask(calls.lines())
        name = line.line
        assert node.ask(calls.health()).status == "up"
        assert node.ask(calls.me()).party == "X-PAK"
        assert node.ask(calls.line(name)).peer == "X-IRN"
        assert node.ask(calls.charter(name)).terms.exercise
        assert len(node.ask(calls.descriptors(name))) == 2
        assert node.ask(calls.procedure("line test"))["name"] == "line test"
        assert "message" in [each.name for each in node.ask(calls.procedures()).procedures]
        tried = node.ask(calls.check(name, "message", "send", portions=[{"text": "Tried."}]))
        assert tried.allowed
        said = [
            node.ask(calls.say(name, "message", "send", portions=[{"text": f"Word {number}"}])) for number in range(3)
        ]
        home.settle()
        rows = list(node.each(calls.entries(name, procedure="message", count=2)))
        assert [each.digest for each in rows] == [each.digest for each in reversed(said)]
        assert node.ask(calls.entry(name, said[0].reference)).proof is not None
        assert said[0].case in [each.id for each in node.each(calls.cases(name, open_only=True, count=1))]
        assert node.ask(calls.case(name, said[0].reference)).case.id == said[0].case
        assert node.ask(calls.search(name, "Word 2")).rows
        assert said[0].case in [each.case for each in node.ask(calls.duties(name, "them")).rows]
        assert node.ask(calls.ringing(name)) == ()
        assert node.ask(calls.act(name, said[0].digest)).case == said[0].case
        assert node.ask(calls.register(name, "incidents")).rows == ()
        assert set(node.ask(calls.fingerprints(name)).cases) >= {each.case for each in said}
        assert node.ask(calls.verify(node.ask(calls.transcript(name)))).genuine


@pytest.mark.sockets
def test_a_refusal_is_raised_by_its_code(side: Side) -> None:
    with side.client(Scope.READ) as node:
        with pytest.raises(UserFault, match="policy-refused"):
            node.ask(calls.say(side.line, "message", "send"))
        with pytest.raises(UserFault, match="line-unknown"):
            node.ask(calls.line("a" * 52))
    with side.client() as node, pytest.raises(FieldError) as refused:
        node.ask(calls.say(side.line, "message", "send", fields={"wants": "x"}))
    assert (refused.value.code, refused.value.field) == ("field-invalid", "fields.wants")
    (port,) = free_ports(1)
    with Client(f"http://127.0.0.1:{port}") as node, pytest.raises(LocalFault, match="node-unreachable"):
        node.ask(calls.health())


@pytest.mark.sockets
def test_a_case_is_answered_only_as_read(home: House) -> None:
    ours, theirs = home.sides
    with ours.client() as node:
        case = node.ask(calls.say(ours.line, "message", "send", portions=[{"text": "Please answer."}])).case
    home.settle()
    with theirs.client() as node:
        read = node.tell(calls.case(theirs.line, case))
        node.ask(calls.say(theirs.line, "message", "acknowledge", basis=[case], if_match=read.etag))
        with pytest.raises(UserFault, match="precondition-failed"):
            node.ask(calls.say(theirs.line, "message", "will comply", basis=[case], if_match=read.etag))


@pytest.mark.sockets
def test_what_happens_is_heard_and_a_call_whose_answer_was_lost_seals_once(side: Side) -> None:
    with side.client() as node:
        stream = node.events(side.line)
        lossy = Client(side.url, side.token(), transport=Lossy())
        heard: list[Heard] = []
        said = lossy.ask(calls.say(side.line, "message", "send", portions=[{"text": "Said once."}], key="lossy"))
        lossy.close()
        again = node.ask(calls.entries(side.line, procedure="message", count=200)).rows
        assert [each.digest for each in again].count(said.digest) == 1
        assert [each.text for each in again].count("Said once.") == 1
        node.ask(calls.say(side.line, "message", "send", portions=[{"text": "Next."}]))
        stream.close()  # type: ignore[attr-defined]  # - events are a generator
        assert heard == []


class Lossy(httpx.BaseTransport):
    """Loses the first answer."""

    def __init__(self) -> None:
        self._inner = httpx.HTTPTransport()
        self._lost = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._inner.handle_request(request)
        if not self._lost:
            self._lost = True
            answer.read()
            raise httpx.ReadError("lost")
        return answer

    def close(self) -> None:
        self._inner.close()


@pytest.mark.sockets
def test_the_same_on_an_event_loop(side: Side) -> None:
    async def scene() -> None:
        async with AsyncClient(side.url, side.token()) as node:
            stream = node.events(side.line)
            listening = asyncio.ensure_future(anext(stream))
            said = None
            while not listening.done():
                said = await node.ask(calls.say(side.line, "message", "send", portions=[{"text": "Async."}]))
                await asyncio.wait([listening], timeout=0.05)
            assert said is not None
            assert (await listening).data["line"] == side.line
            rows = [each async for each in node.each(calls.entries(side.line, procedure="message", count=2))]
            assert rows[0].digest == said.digest
            with pytest.raises(UserFault, match="reference-unknown"):
                await node.ask(calls.entry(side.line, "X-PAK-R-9999"))
            await stream.aclose()  # type: ignore[attr-defined]  # - events are a generator
        async with AsyncClient(side.url, "rabita_00_x") as node:
            with pytest.raises(UserFault, match="token-unknown"):
                await anext(node.events())

    asyncio.run(scene())


@given(st.lists(st.integers(1, len(STREAM) - 1)))
def test_events_are_read_however_the_bytes_are_cut(cuts: list[int]) -> None:
    ends = [0, *sorted(cuts), len(STREAM)]
    parser = Parser()
    heard = [each for begin, end in pairwise(ends) for each in parser.feed(STREAM[begin:end])]
    assert heard == HEARD


def test_what_is_no_event_stream_is_refused() -> None:
    with pytest.raises(PeerFault, match="frame-oversized"):
        list(Parser().feed(b"x" * (EVENT_BYTES_MAX + 1)))
    with pytest.raises(PeerFault, match="frame-malformed"):
        list(Parser().feed(b"data: not json\n\n"))


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (502, b"<html>", "node-unreachable"),
        (
            422,
            msgspec.json.encode({"type": "", "title": "", "status": 422, "code": "from-the-future"}),
            "node-unreachable",
        ),
        (503, msgspec.json.encode({"type": "", "title": "", "status": 503, "code": "disk-low"}), "disk-low"),
    ],
)
def test_an_answer_of_another_kind_is_the_nodes_fault(status: int, body: bytes, code: str) -> None:
    fault = fault_of(httpx.Response(status, content=body))
    assert (type(fault), fault.code) == (LocalFault, code)
