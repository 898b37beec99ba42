from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from sandbox.zones import morning_zone


@pytest.mark.parametrize("hour", range(24))
def test_somewhere_it_is_always_morning(hour: int) -> None:
    now = datetime(2026, 3, 2, hour, 30, tzinfo=UTC)
    assert 8 <= now.astimezone(ZoneInfo(morning_zone(now))).hour < 10
