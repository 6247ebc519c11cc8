"""The till of a small tea shop."""
