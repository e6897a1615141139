"""Presence: status, Do-Not-Disturb and online state."""
