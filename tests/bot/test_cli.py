from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from bot.cli import cli


@pytest.fixture
def no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with one mistake, and an environment that says nothing."""
    path = tmp_path / "checkin.toml"
    path.write_text('log_level = "LOUD"\n')
    monkeypatch.setenv("CHECKIN_DATABASE_URL", "")
    return path


@pytest.mark.parametrize("command", ["run", "migrate", "digest morning"])
def test_nothing_starts_while_a_setting_is_wrong(no_settings: Path, command: str) -> None:
    result = CliRunner().invoke(cli, [*command.split(), "--config", str(no_settings)])
    assert result.exit_code == 2
    first, *problems = result.stderr.splitlines()
    assert first == f"Checkin cannot start: {len(problems)} setting(s) to mend."
    assert any(problem.startswith("  log_level: ") for problem in problems)
    assert any(problem.startswith("  database_url: is missing; hint: set CHECKIN_DATABASE_URL") for problem in problems)


def test_a_check_in_that_does_not_exist_is_refused_by_name() -> None:
    result = CliRunner().invoke(cli, ["digest", "midnight"])
    assert result.exit_code == 2
    assert "midnight" in result.stderr


def test_the_rule_file_is_printed_as_prometheus_reads_it() -> None:
    groups = yaml.safe_load(CliRunner().invoke(cli, ["rules", "--speed", "60"]).stdout)["groups"]
    assert {"publishing", "watchdog"} <= {group["name"] for group in groups}


def test_without_a_command_there_is_help() -> None:
    result = CliRunner().invoke(cli, [])
    assert all(command in result.output for command in ("run", "digest", "migrate", "rules"))
