"""Logs of a node: one line per event on standard error, by code, never content and never a secret.

What may be logged is what faults may hold: codes, names of lines, parties and lanes, sizes, addresses. Whatever it is,
it stays within its line and its value.
"""

import logging
import sys
from typing import Final, TypeAlias

import structlog

from rabita.app.plain import plain
from rabita.line.errors import SENTENCES

Log: TypeAlias = structlog.typing.FilteringBoundLogger
_LEVELS: Final = logging.getLevelNamesMapping()


def open_log(level: str, form: str) -> Log:
    """Make the node's log; *level* and *form* as the settings allow."""
    render: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    log: Log = structlog.wrap_logger(
        structlog.WriteLogger(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _within_the_line,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level.upper()]),
        cache_logger_on_first_use=True,
    )
    return log


def say(log: Log, code: str, **about: object) -> None:
    """Log a fault or notice by its code, with the sentence that explains it."""
    log.warning(code, sentence=SENTENCES.get(code, ""), **about)


def _within_the_line(_log: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Let no value end its line, colour it or turn it around."""
    return {name: plain(value) if isinstance(value, str) else value for name, value in event.items()}
