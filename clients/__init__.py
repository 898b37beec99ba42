"""What the platform reports: clients, calendar, connections, provider usage, funnel steps, and requests for a person.

Whether a client is healthy is left to `dashboards/`; what a person may answer to `operations/`.
"""
