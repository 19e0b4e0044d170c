"""A typed client of the node's REST gateway: ``Client`` and ``AsyncClient`` make the calls that ``calls`` describes.

    with Client("http://127.0.0.1:8420", token) as node:
        for line in node.ask(calls.lines()):
            for case in node.each(calls.cases(line.line, open_only=True)):
                print(case.reference, case.sentence)

Answers are the node's own frozen structs; a refusal is the ``RabitaError`` of its code.
"""

from rabita.client import calls
from rabita.client.making import AsyncClient, Client

__all__ = ["AsyncClient", "Client", "calls"]
