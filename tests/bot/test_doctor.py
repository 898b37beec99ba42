"""`checkin doctor` against a real Postgres, Prometheus and receiver of commands, and the local Slack."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from audits.signing import new_key
from bot.cli import cli
from bot.doctor import SCOPES
from bot.load_settings import ENVIRONMENT, PREFIX
from metrics.queries import NEEDED
from sandbox.servers.prometheus import backfill, start_prometheus
from sandbox.slack.local import LocalSlack
from storage.migrations import downgrade
from tests.bot.test_settings import TOML, WHOLE
from tests.operations.receiving import SECRET, Receiver, listening

NOBODY = "127.0.0.1:1"
MANIFEST = yaml.safe_load((Path(__file__).parents[2] / "deploy" / "slack-manifest.yaml").read_text())


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telemetry.logs.configure", lambda *_, **__: None)  # it would hold for all tests that follow
    for name in ENVIRONMENT:
        monkeypatch.delenv(PREFIX + name, raising=False)


@pytest.fixture(scope="module")
def prometheus_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """It knows what a check-in needs, but that nobody counts jobs."""
    folder = tmp_path_factory.mktemp("prometheus")
    at = datetime.now(UTC).timestamp()
    told = (f"# TYPE {name} gauge\n{name} 1 {at}\n" for name in NEEDED if name != "jobs_completed_total")
    (folder / "past.om").write_text("".join([*told, "# EOF\n"]))
    backfill(folder, folder / "past.om")
    with start_prometheus(folder, scrape=[], rules_yaml="groups: []") as server:
        yield server.url


@pytest.fixture
def environment(
    workspace: LocalSlack, database_url: str, prometheus_url: str, tmp_path: Path
) -> Iterator[dict[str, str]]:
    """With which all is well, but for what Prometheus has."""
    receiver = Receiver()
    channels = TOML.replace("#a", "#leads").replace("#b", "#ops").replace("#c", "#ops")
    (tmp_path / "checkin.toml").write_text(channels)
    with listening(receiver):
        reachable = {
            "DATABASE_URL": database_url,
            "SLACK_BOT_TOKEN": "xoxb-local",
            "SLACK_APP_TOKEN": "xapp-local",
            "SLACK_BASE_URL": workspace.api_url,
            "PROMETHEUS_URL": prometheus_url,
            "PLATFORM_URL": receiver.url,
            "PLATFORM_SECRET": SECRET,
            "AUDITS_KEY": new_key(),
        }
        told = {PREFIX + name: value for name, value in reachable.items()}
        yield WHOLE | told | {"CHECKIN_CONFIG": str(tmp_path / "checkin.toml")}


def doctor(environment: dict[str, str]) -> Result:
    return CliRunner().invoke(cli, ["doctor"], env=environment)


def complaints(environment: dict[str, str]) -> list[str]:
    """What is not well, beside what Prometheus lacks here."""
    result = doctor(environment)
    assert result.exit_code == 1, result.output
    return [line for line in result.stdout.splitlines() if line[0] == "❌" and "jobs_completed" not in line]


def test_each_thing_that_the_bot_needs_has_its_line(environment: dict[str, str]) -> None:
    result = doctor(environment)
    assert result.exit_code == 1
    assert [line.partition(":")[0].partition(" has no")[0] for line in result.stdout.splitlines()] == [
        "✅ Settings",
        "✅ People",
        "✅ Database",
        "❌ Prometheus",
        "✅ Slack",
        "✅ Channels",
        "✅ Platform",
        "✅ Record",
    ]
    assert "Prometheus has no jobs_completed_total: does it scrape the platform" in result.stdout


def test_when_all_is_well_it_ends_with_zero(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metrics.queries.NEEDED", NEEDED - {"jobs_completed_total"})
    result = doctor(environment)
    assert (result.exit_code, "❌" in result.stdout) == (0, False)


def test_every_problem_of_the_settings_is_a_line(environment: dict[str, str]) -> None:
    result = doctor(environment | {"CHECKIN_LOG_LEVEL": "LOUD", "CHECKIN_ALERTS_TOKEN": "short"})
    assert result.exit_code == 2
    assert [line.split(":")[1] for line in result.stdout.splitlines()] == [" log_level", " alerts.token"]


def test_services_that_do_not_answer_are_told_with_what_to_do(environment: dict[str, str]) -> None:
    away = {
        "CHECKIN_DATABASE_URL": f"postgresql+psycopg://checkin:s3cret@{NOBODY}/checkin",
        "CHECKIN_PROMETHEUS_URL": f"http://{NOBODY}",
        "CHECKIN_SLACK_BASE_URL": f"http://{NOBODY}/api/",
        "CHECKIN_PLATFORM_URL": f"http://{NOBODY}/commands",
    }
    told = complaints(environment | away)
    assert [line.split()[1] for line in told] == ["Postgres", "Prometheus", "Slack", "Platform"]
    assert all(f"mend {variable}" in line for variable, line in zip(away, told, strict=True))
    assert "s3cret" not in "".join(told)


def test_a_database_of_an_older_version_is_to_be_migrated(environment: dict[str, str], database_url: str) -> None:
    downgrade(database_url, "0009")
    (told,) = complaints(environment)
    assert told.startswith("❌ Database: it is at version 0009, and this program needs ")
    assert told.endswith(". Run `checkin migrate`.")


def test_people_and_the_key_of_the_record_are_missed(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "checkin.toml").write_text(
        (tmp_path / "checkin.toml").read_text().replace('["U0123456789", "S0123456789"]', "[]")
    )
    people, record = complaints(environment | {"CHECKIN_AUDITS_KEY": ""})
    assert people.startswith("❌ People: nobody may press anything.")
    assert record.endswith("Set CHECKIN_AUDITS_KEY to what `checkin audits new-key` prints.")


def test_channels_that_the_app_is_not_in_are_named(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "checkin.toml").write_text(
        TOML.replace("#a", "#elsewhere").replace("#b", "#nowhere").replace("#c", "#old")
    )
    told = complaints(environment)
    assert [line.partition(":")[0].split()[-1] for line in told] == ["#elsewhere", "#nowhere", "#old"]
    assert all("/invite @Checkin" in line for line in told)


def test_a_scope_that_was_not_granted_is_named(
    environment: dict[str, str], workspace: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = replace(workspace.workspace.app, scopes=frozenset(SCOPES - {"files:write"}))
    monkeypatch.setattr(workspace.workspace, "app", app)
    (told,) = complaints(environment)
    assert told.startswith("❌ Slack: the app lacks files:write.")


def test_the_scopes_are_those_of_the_manifest() -> None:
    assert sorted(SCOPES) == sorted(MANIFEST["oauth_config"]["scopes"]["bot"])
