from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sandbox.world import browser_note, morning_zone


def test_where_chromium_is_missing_people_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert browser_note() == ("There is no Chromium here: Skool's posts go out over plain HTTP, without screenshots.")
    chromium = tmp_path / "chromium"
    chromium.touch(0o755)
    assert browser_note() == ""


@pytest.mark.parametrize("hour", range(24))
def test_somewhere_it_is_always_morning(hour: int) -> None:
    now = datetime(2026, 3, 2, hour, 30, tzinfo=UTC)
    assert 8 <= now.astimezone(ZoneInfo(morning_zone(now))).hour < 10
