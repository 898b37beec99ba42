"""The one Postgres: engine, shared MetaData, migrations, the SQL clock, and a private server to try it on.

What the tables mean is left to the rooms that own them (`*/store.py`).
"""
