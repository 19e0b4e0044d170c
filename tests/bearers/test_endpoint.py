"""Endpoints: the written form is exact, and reading back what was written gives the same endpoint."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rabita.bearers.endpoint import Endpoint, parse_endpoint
from rabita.line.errors import PeerFault, UserFault

hosts = st.ip_addresses().map(str).filter(lambda host: "%" not in host) | st.from_regex(
    r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?(\.[a-z][a-z0-9]{0,9}){0,3}", fullmatch=True
)


@given(hosts, st.integers(1, 65_535))
def test_an_endpoint_is_read_as_it_was_written(host: str, port: int) -> None:
    endpoint = Endpoint(host, port)
    assert parse_endpoint(endpoint.text) == endpoint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tls://",
        "node.example:7420",
        "tcp://node.example:7420",
        "TLS://node.example:7420",
        "tls://node.example",
        "tls://node.example:",
        "tls://node.example:0",
        "tls://node.example:07420",
        "tls://node.example:65536",
        "tls://node.example:+742",
        "tls://node.example:7420/",
        "tls://node.example:7420\n",
        "tls://user@node.example:7420",
        "tls://.example:7420",
        "tls://node..example:7420",
        "tls://-node.example:7420",
        f"tls://{'a' * 64}.example:7420",
        "tls://2001:db8::1:7420",
        "tls://[2001:db8::1]7420",
        "tls://[2001:db8::1%eth0]:7420",
        "tls://[1::2::3]:7420",
        "tls://[192.0.2.1]:7420",
        "tls://نود.example:7420",
        "tls://node.example:٧٤٢٠",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(PeerFault, match="endpoint-malformed"):
        parse_endpoint(text)
    with pytest.raises(UserFault, match="endpoint-malformed"):
        parse_endpoint(text, UserFault)


@given(st.text())
def test_only_the_one_fault_comes_out(text: str) -> None:
    try:
        assert parse_endpoint("tls://" + text).text.lower() == ("tls://" + text).lower()
    except PeerFault as fault:
        assert fault.code == "endpoint-malformed"
