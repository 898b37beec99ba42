"""One file per step of a check-in."""
