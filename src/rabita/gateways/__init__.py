"""Doors for other programs: each speaks a standard outwards and calls services inwards, with no rules of its own."""
