"""Bearers: how frames reach the other side. They carry and seal; they hold no rule of the line."""
