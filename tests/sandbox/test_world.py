from pathlib import Path

import pytest

from sandbox.world import browser_note


def test_where_chromium_is_missing_people_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert browser_note() == ("There is no Chromium here: Skool's posts go out over plain HTTP, without screenshots.")
    chromium = tmp_path / "chromium"
    chromium.touch(0o755)
    assert browser_note() == ""
