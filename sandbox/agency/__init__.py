"""The reference agency: a customer of Checkin in a box, six real processes and a day of history.

It imports only what a customer's own services would: telemetry, audits, clients, storage.
"""
