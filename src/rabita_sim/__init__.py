"""The seeded world that Rabita is tried in: its clock, network and disks obey a seed, so every failure replays.

It imports ``rabita`` and is never imported by it.
"""
