"""Local days, and moments as people say them. All in the zone of whoever reads: pictures and words must agree."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


def midnight(moment: datetime, zone: str, days: int = 0) -> datetime:
    """The beginning of the local day that lies `days` after the one of `moment`, in UTC."""
    local = moment.astimezone(ZoneInfo(zone)) + timedelta(days=days)
    return local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).astimezone(UTC)


def days_earlier(moment: datetime, zone: str, days: int) -> datetime:
    """The same time on the clock `days` before, in UTC: 23 or 25 hours earlier where the clock was changed."""
    return (moment.astimezone(ZoneInfo(zone)) - timedelta(days=days)).astimezone(UTC)


def clock(moment: datetime, zone: str) -> str:
    """`09:12`."""
    return f"{moment.astimezone(ZoneInfo(zone)):%H:%M}"


def told(moment: datetime, now: datetime, zone: str) -> str:
    """`09:12`, `yesterday 09:12`, `Tue 09:12` within six days, else `3 May 09:12` (with its year when it differs)."""
    local, today = moment.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
    match (local.date() - today.date()).days:
        case 0:
            return f"{local:%H:%M}"
        case -1:
            return f"yesterday {local:%H:%M}"
        case 1:
            return f"tomorrow {local:%H:%M}"
        case days if abs(days) <= 6:
            return f"{local:%a %H:%M}"
        case _:
            year = f" {local.year}" if local.year != today.year else ""
            return f"{local.day} {local:%b}{year} {local:%H:%M}"
