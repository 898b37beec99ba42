"""What a person can do: one file per button, the one way a click takes effect, and commands to the platform.

When a button is shown is left to `digests/` and `alerts/`; what needs a person is told by `clients/`.
"""
