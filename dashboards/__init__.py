"""The five views of spec section 9: `collect` gives a frozen value, `card` shows it in Slack, `chart` draws it.

When and to whom they are shown is left to `digests/` and `bot/`.
"""
