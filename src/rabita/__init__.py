"""Rabita: two parties, two nodes, one transcript that neither can deny, alter, lose or quietly reorder.

The packages are floors, and imports point down: cli, app, then desk, gateways, bearers, store and keys side by side,
then services, ports, procedures, line. This module stays empty of imports, so that ``rabita --help`` is quick.
"""

__version__ = "0.1.0"
