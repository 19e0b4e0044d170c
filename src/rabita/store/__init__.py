"""Stores: where a node keeps its lines, so that what was said durable stays said.

``memory`` and ``sqlite`` keep the contract of ``rabita.ports.Store``; one suite holds both to it. ``sql`` holds what
any SQL database shares, ``schema`` and ``migrate`` the tables and how they came to be.
"""
