"""The one engine that runs every procedure: definitions in, folded cases, duties and sentences out.

The rules it keeps are numbered in ``docs/procedures/engine.md``; docstrings and tests cite them by number (E1, E2, …).
"""
