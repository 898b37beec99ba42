"""In which time zone the demo plays: the check-in must just have come due, whenever it is started."""

from datetime import datetime
from zoneinfo import ZoneInfo

# Somewhere it is always just after the morning check-in's time.
_ZONES = (
    "Pacific/Auckland",
    "Australia/Sydney",
    "Asia/Tokyo",
    "Asia/Shanghai",
    "Asia/Bangkok",
    "Asia/Dhaka",
    "Asia/Karachi",
    "Asia/Dubai",
    "Europe/Istanbul",
    "Europe/Athens",
    "Europe/Madrid",
    "Europe/London",
    "Atlantic/Azores",
    "America/Nuuk",
    "America/Sao_Paulo",
    "America/Halifax",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
    "Pacific/Pago_Pago",
)


def morning_zone(now: datetime) -> str:
    """A zone in which it is now between eight and ten, or as near to nine as can be."""
    return min(_ZONES, key=lambda name: abs(_hours(now.astimezone(ZoneInfo(name))) - 9.0))


def _hours(moment: datetime) -> float:
    return moment.hour + moment.minute / 60
