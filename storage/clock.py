"""The one clock: Postgres tells the time, so replicas agree and a test can turn it.

`checkin_now()` is clock_timestamp() plus, for a superuser, the setting `checkin.clock_offset` (an interval, for tests).
"""

from datetime import datetime

from sqlalchemy import Connection, func, select

SQL_NOW = func.checkin_now()


def now(db: Connection) -> datetime:
    """The current time as an aware UTC datetime."""
    moment: datetime = db.execute(select(SQL_NOW)).scalar_one()
    return moment
