"""A world in a box to try Checkin in: a local Slack, a reference agency with its incidents, real servers. Never needed
in production, where nothing imports it.
"""
