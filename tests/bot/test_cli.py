import re
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from typer.testing import CliRunner, Result

from bot.cli import cli
from bot.load_settings import ENVIRONMENT, PREFIX
from bot.terminal import words
from messages.blocks import date, escape, link
from sandbox.slack.local import LocalSlack
from storage.migrations import downgrade
from storage.process import Server
from tests.bot.test_settings import TOML, WHOLE

VERSIONS = Path(__file__).parents[2] / "storage" / "migrations" / "versions"
NOBODY = "127.0.0.1:1"
NEWEST = max(file.name[:4] for file in VERSIONS.glob("0*.py"))


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telemetry.logs.configure", lambda *_, **__: None)  # it would hold for all tests that follow
    for name in ENVIRONMENT:
        monkeypatch.delenv(PREFIX + name, raising=False)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "checkin.toml"
    path.write_text(TOML)
    return path


@pytest.fixture
def whole(config: Path, workspace: LocalSlack, database_url: str) -> dict[str, str]:
    """An environment with which the bot would run."""
    reachable = {
        "DATABASE_URL": database_url,
        "SLACK_BOT_TOKEN": "xoxb-local",
        "SLACK_APP_TOKEN": "xapp-local",
        "SLACK_BASE_URL": workspace.api_url,
        "PROMETHEUS_URL": f"http://{NOBODY}",
        "HTTP_PORT": "0",
    }
    told = {PREFIX + name: value for name, value in reachable.items()}
    return WHOLE | told | {"CHECKIN_CONFIG": str(config)}


def checkin(command: str, environment: dict[str, str]) -> Result:
    return CliRunner().invoke(cli, command.split(), env=environment)


def sentence(result: Result) -> str:
    """The one line that a person reads of a command that ended with 1."""
    assert result.exit_code == 1, result.output
    (line,) = result.stderr.splitlines()
    return line


@pytest.mark.parametrize("command", ["run", "migrate", "digest morning"])
def test_nothing_starts_while_a_setting_is_wrong(config: Path, command: str) -> None:
    config.write_text('log_level = "LOUD"\n')
    result = checkin(command, {"CHECKIN_CONFIG": str(config)})
    assert result.exit_code == 2
    first, *problems = result.stderr.splitlines()
    many = f"{len(problems)} settings to mend (in {config} or the environment)."
    assert first == f"Checkin cannot start: {many}"
    assert any(problem.startswith("  log_level: ") for problem in problems)
    assert any(problem.startswith("  database_url: is missing; hint: set CHECKIN_DATABASE_URL") for problem in problems)


def test_migrating_takes_the_database_alone(database_url: str, tmp_path: Path) -> None:
    result = checkin("migrate", {"CHECKIN_DATABASE_URL": database_url, "CHECKIN_CONFIG": str(tmp_path / "none.toml")})
    assert (result.exit_code, result.stdout) == (0, f"The database is up to date: version {NEWEST}.\n")


def test_a_first_migration_says_from_what_to_what(database_url: str) -> None:
    name = database_url.rpartition("/")[2]
    missing = checkin("migrate", {"CHECKIN_DATABASE_URL": f"{database_url}_missing"})
    assert sentence(missing) == f"There is no database {name}_missing. Create it: createdb {name}_missing"
    downgrade(database_url, "base")
    first = checkin("migrate", {"CHECKIN_DATABASE_URL": database_url})
    assert first.stdout == f"The database is at version {NEWEST} now; it was empty.\n"


@pytest.mark.parametrize("command", ["run", "migrate", "digest morning", "digest morning --dry-run"])
def test_a_database_that_does_not_answer_is_one_sentence(whole: dict[str, str], command: str) -> None:
    lost = whole | {"CHECKIN_DATABASE_URL": f"postgresql+psycopg://checkin:s3cret@{NOBODY}/checkin"}
    assert sentence(checkin(command, lost)) == (
        f"Postgres at {NOBODY} cannot be used: Connection refused. Is it running? If so, mend CHECKIN_DATABASE_URL."
    )


@pytest.mark.parametrize("command", ["run", "digest morning", "digest morning --dry-run"])
def test_an_empty_database_is_to_be_migrated_first(whole: dict[str, str], postgres: Server, command: str) -> None:
    empty = whole | {"CHECKIN_DATABASE_URL": f"{postgres.url.rpartition('/')[0]}/postgres"}
    assert sentence(checkin(command, empty)) == "The database postgres is empty. Run `checkin migrate` first."


@pytest.mark.parametrize("command", ["run", "digest morning"])
def test_a_slack_that_does_not_answer_is_one_sentence(whole: dict[str, str], command: str) -> None:
    lost = whole | {"CHECKIN_SLACK_BASE_URL": f"http://{NOBODY}/api/"}
    assert sentence(checkin(command, lost)) == (
        f"Slack at {NOBODY} cannot be reached (ConnectionRefusedError). "
        "Is this machine online? If so, mend CHECKIN_SLACK_BASE_URL."
    )


@pytest.mark.parametrize(
    ("command", "variable", "token"),
    [
        ("run", "CHECKIN_SLACK_BOT_TOKEN", "xoxb-other"),
        ("digest morning", "CHECKIN_SLACK_BOT_TOKEN", "xoxb-other"),
        ("run", "CHECKIN_SLACK_APP_TOKEN", "xapp-other"),
    ],
)
def test_a_token_that_slack_refuses_is_named_and_not_shown(
    whole: dict[str, str], command: str, variable: str, token: str
) -> None:
    said = sentence(checkin(command, whole | {variable: token}))
    assert said.endswith(f"refused the token of {variable} (invalid_auth). Copy it from your app anew.")
    assert token not in said


def test_a_check_in_that_does_not_exist_is_told_beside_those_that_do() -> None:
    result = checkin("digest midnight", {})
    assert (result.exit_code, result.stderr) == (
        2,
        "There is nothing called midnight. There is: morning, midday, late, summary.\n",
    )


def test_a_pod_that_does_not_exist_is_told_beside_those_that_do(whole: dict[str, str]) -> None:
    result = checkin("digest morning --pod second", whole)
    assert (result.exit_code, result.stderr) == (2, "There is no pod second. There is: main.\n")


def test_a_dry_run_is_words_and_times_of_the_pod(whole: dict[str, str]) -> None:
    result = checkin("digest morning --dry-run", whole)
    assert result.exit_code == 0
    assert "1. Approve drafts · nothing to do" in result.stdout
    assert not re.search(r"<!date|\*\d|&amp;|<@", result.stdout)


def test_slacks_markup_is_read_as_slack_would_show_it() -> None:
    at = datetime(2026, 3, 10, 8, 30, tzinfo=UTC)
    said = f"*1. Drafts* · {date(at)} and {date(at, '{date_short_pretty}, {time}')}"
    shown = words(
        f"{said} · {link('https://x.test/?a&b', 'live')} · <@U0123456789> · {escape('A & B <c> @d')}",
        ZoneInfo("Europe/Madrid"),
    )
    assert shown == "1. Drafts · 09:30 and 10 Mar 09:30 · live · @U0123456789 · A & B <c> @d"


def test_it_says_which_version_it_is() -> None:
    assert checkin("--version", {}).stdout == f"checkin {version('checkin')}\n"


def test_the_rule_file_is_printed_as_prometheus_reads_it() -> None:
    groups = yaml.safe_load(CliRunner().invoke(cli, ["rules", "--speed", "60"]).stdout)["groups"]
    assert {"publishing", "watchdog"} <= {group["name"] for group in groups}


def test_without_a_command_there_is_help() -> None:
    result = CliRunner().invoke(cli, [])
    assert all(command in result.output for command in ("run", "digest", "migrate", "rules"))
