"""``rabita serve``: run the node until it is told to stop."""

from typing import TYPE_CHECKING, Annotated

import typer

from rabita.cli.common import HomeOption, Place, node_passphrase, passphrase, place

if TYPE_CHECKING:
    from rabita.app.node import Node
    from rabita.app.web import Web


def serve(
    *,
    listen: Annotated[list[str] | None, typer.Option(help="Listen here instead, tls://host:port.")] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None,
    log_format: Annotated[str | None, typer.Option(help="json or console.")] = None,
    metrics_listen: Annotated[str | None, typer.Option(help="Show metrics on this port of this machine.")] = None,
    web_port: Annotated[int | None, typer.Option(help="Serve programs over HTTP on this port.")] = None,
    home: HomeOption = None,
) -> None:
    """Run the node: listen, dial, send, receive, until SIGTERM or Ctrl-C."""
    import asyncio

    where = place(
        home,
        listen=listen or None,
        log_level=log_level,
        log_format=log_format,
        metrics_listen=metrics_listen,
        web_port=web_port,
    )
    with where.home.locked():
        asyncio.run(_serve(where))


async def _serve(where: Place) -> None:
    """Run until a signal comes or the node breaks off; what ended it is raised after the node was put away in order."""
    import asyncio
    import gc
    import signal

    from rabita.app.control import ControlServer
    from rabita.app.node import Node

    node = Node(where.settings, node_passphrase(where.settings))
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, stopped.set)
    node.broken.add_done_callback(lambda _: stopped.set())
    control = ControlServer(node)
    end_metrics = node.metrics.serve(where.settings.metrics_listen) if where.settings.metrics_listen else None
    web: Web | None = None
    try:
        await node.serve()
        await control.open()
        if where.settings.web_port:
            web = await _opened_web(node)
        gc.collect()
        gc.freeze()  # what a started node holds, it keeps: looking through it for cycles would keep pages waiting
        await stopped.wait()
        _raise_if_broken(node)
    finally:
        if web is not None:
            await web.close()
        await control.close()
        await node.close()
        if end_metrics is not None:
            end_metrics()


async def _opened_web(node: "Node") -> "Web":
    """Serve programs over HTTP; imported here, for a node without it needs none of it."""
    from rabita.app.web import Web

    web = Web(node, lambda: passphrase("RABITA_PASSPHRASE_OFFICER", "the officers' keys"))
    try:
        await web.open()
    except BaseException:
        await web.close()
        raise
    return web


def _raise_if_broken(node: "Node") -> None:
    if node.broken.done():
        node.broken.result()
