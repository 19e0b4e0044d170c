"""The command line: a door without rules of its own.

Rules kept here: a command imports what is heavy when it runs, so that ``--help`` is quick; what a script would read
comes as JSON on standard output with ``--json``; a fault is one sentence and its code on standard error, never a
traceback.
"""

from rabita.cli.program import main

__all__ = ["main"]
