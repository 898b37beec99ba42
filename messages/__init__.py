"""How anything reaches Slack: Block Kit atoms, the outbox of cards, and the one class that talks to Slack.

What is said is left to the rooms above.
"""
