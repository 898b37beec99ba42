from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from bot.cli import cli
from bot.settings import ENVIRONMENT, PREFIX
from sandbox.slack.local import LocalSlack
from storage.process import Server
from tests.bot.test_settings import TOML, WHOLE

NOBODY = "127.0.0.1:1"


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
    assert (result.exit_code, result.stdout) == (0, "The database is up to date.\n")


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


def test_the_rule_file_is_printed_as_prometheus_reads_it() -> None:
    groups = yaml.safe_load(CliRunner().invoke(cli, ["rules", "--speed", "60"]).stdout)["groups"]
    assert {"publishing", "watchdog"} <= {group["name"] for group in groups}


def test_without_a_command_there_is_help() -> None:
    result = CliRunner().invoke(cli, [])
    assert all(command in result.output for command in ("run", "digest", "migrate", "rules"))
