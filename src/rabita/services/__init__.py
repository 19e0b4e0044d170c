"""Use cases: each is one thing a node is asked to do, over the ports; no door, no database, no rules of the desk."""
