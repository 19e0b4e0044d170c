"""Procedures: what the two sides do together, as data that both nodes compute alike."""
