from datetime import date, time
from pathlib import Path

import pytest

from bot.load_settings import ENVIRONMENT, PREFIX, SettingsError, load
from bot.settings import DatabaseSettings, DigestSettings, Settings
from digests.model import Pod

SHIPPED = Path(__file__).parents[2] / "checkin.toml"
SECRETS = {
    "DATABASE_URL": "postgresql+psycopg://checkin:s3cret-db@localhost/checkin",
    "SLACK_BOT_TOKEN": "xoxb-s3cret-bot",
    "SLACK_APP_TOKEN": "xapp-s3cret-app",
    "PLATFORM_SECRET": "whsec_czNjcmV0IG9mIHRoZSBwbGF0Zm9ybSBmb3IgdGVzdHM=",
    "ALERTS_TOKEN": "s3cret-alerts-token",
}
WHOLE = {f"{PREFIX}{name}": value for name, value in SECRETS.items()} | {
    f"{PREFIX}PLATFORM_URL": "http://platform:9000/commands",
    f"{PREFIX}PROMETHEUS_URL": "http://prometheus:9090",
}
TOML = """
[people]
operators = ["U0123456789", "S0123456789"]

[[pods]]
name = "main"
channel = "#ops"
time_zone = "Europe/Madrid"
checkins = { morning = 09:00:00 }

[alerts]
channels = { P0 = "#a", P1 = "#b", P2 = "#c", P3 = "#c" }
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "checkin.toml"
    path.write_text(TOML)
    return path


def _problems(path: Path, environment: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as error:
        load(Settings, path, environment)
    return error.value.problems


def test_the_file_we_ship_and_the_variables_it_names_are_enough() -> None:
    settings = load(Settings, SHIPPED, WHOLE)
    assert settings.pods[0].time_zone == "Europe/Madrid"
    assert all(f"{PREFIX}{name}" in SHIPPED.read_text() for name in SECRETS)


def test_values_come_from_file_and_environment(config: Path) -> None:
    settings = load(Settings, config, WHOLE | {f"{PREFIX}HTTP_PORT": "9100", f"{PREFIX}LOG_LEVEL": "DEBUG"})
    assert settings.slack.bot_token.get_secret_value() == SECRETS["SLACK_BOT_TOKEN"]
    assert (settings.http.port, settings.log_level) == (9100, "DEBUG")
    assert settings.people.operators == ["U0123456789", "S0123456789"]


def test_a_channel_may_take_what_others_do_not(config: Path) -> None:
    assert load(Settings, config, WHOLE).slack.fallback_channel is None
    for channel in ("#ops-urgent", "C0123456789"):
        config.write_text(f'slack.fallback_channel = "{channel}"\n{TOML}')
        assert load(Settings, config, WHOLE).slack.fallback_channel == channel


def test_a_pod_has_its_days_its_holidays_and_who_is_on(config: Path) -> None:
    added = 'working_days = ["mon", "sun"]\nholidays = [2026-12-25]\non = ["U0123456789", "S0123456789"]\n\n[alerts]'
    config.write_text(TOML.replace("[alerts]", added))
    pod = load(Settings, config, WHOLE).pods[0].pod()
    assert pod.working_days == frozenset({0, 6})
    assert pod.holidays == frozenset({date(2026, 12, 25)})
    assert pod.on == ("<@U0123456789>", "<!subteam^S0123456789>")


def test_without_being_told_otherwise_a_pod_works_every_day_and_the_owner_hears_nothing(config: Path) -> None:
    settings = load(Settings, config, WHOLE)
    assert settings.pods[0].pod() == Pod("main", "#ops", "Europe/Madrid", {"morning": time(9)})
    assert settings.owner is None


def test_the_owner_is_planned_for_like_a_pod(config: Path) -> None:
    owner = '[owner]\nchannel = "U0123456789"\ntime_zone = "Europe/Madrid"\nsummary = 18:30:00\n\n[alerts]'
    config.write_text(TOML.replace("[alerts]", owner))
    told = load(Settings, config, WHOLE).owner
    assert told is not None
    assert told.pod() == Pod("owner", "U0123456789", "Europe/Madrid", {"summary": time(18, 30)})


def test_everything_that_is_wrong_is_said_at_once_with_its_field_and_a_hint(config: Path) -> None:
    config.write_text(
        TOML.replace("Europe/Madrid", "Madrid").replace(', P3 = "#c"', "").replace('"U0123456789"', '"ana"')
        + '\n[slakc]\nbase_url = "x"\n'
    )
    wrong = {f"{PREFIX}SLACK_BOT_TOKEN": "xoxp-1", f"{PREFIX}PROMETHEUS_URL": "prometheus:9090"}
    problems = _problems(config, {**wrong, f"{PREFIX}HTTP_PORT": "many"})
    told = {problem.partition(":")[0]: problem for problem in problems}
    assert set(told) == {
        "database_url",
        "slack.bot_token",
        "slack.app_token",
        "platform.commands_url",
        "platform.secret",
        "prometheus.url",
        "alerts.token",
        "alerts.channels",
        "people.operators.0",
        "pods.0.time_zone",
        "http.port",
        "slakc",
    }
    assert all("hint: " in problem for problem in problems)
    assert f"{PREFIX}SLACK_APP_TOKEN (or {PREFIX}SLACK_APP_TOKEN_FILE)" in told["slack.app_token"]
    assert told["slack.bot_token"].startswith("slack.bot_token: must start with xoxb-; hint: Slack → your app")
    assert told["slakc"] == "slakc: is not a setting; hint: is it misspelt?"
    assert "'Madrid' is no IANA time zone" in told["pods.0.time_zone"]


def test_no_secret_is_in_what_is_said_or_shown(config: Path) -> None:
    spoiled = {name: value.replace("x", "y", 1).replace("postgresql", "mysql") for name, value in WHOLE.items()}
    said = "\n".join(_problems(config, spoiled | {f"{PREFIX}LOG_LEVEL": "LOUD"}))
    settings = load(Settings, config, WHOLE)
    for text in (said, repr(settings), str(settings), settings.model_dump_json()):
        assert "s3cret" not in text
    assert sorted(settings.secrets()) == sorted(SECRETS.values())


def test_a_secret_may_lie_in_a_file(config: Path, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("xoxb-from-file\n")
    environment = WHOLE | {f"{PREFIX}SLACK_BOT_TOKEN_FILE": str(tmp_path / "token")}
    assert load(Settings, config, environment).slack.bot_token.get_secret_value() == "xoxb-from-file"


def test_a_file_that_cannot_be_read_is_named_with_its_variable(config: Path, tmp_path: Path) -> None:
    environment = {name: value for name, value in WHOLE.items() if "BOT_TOKEN" not in name}
    missing = tmp_path / "nothing"
    problems = _problems(config, environment | {f"{PREFIX}SLACK_BOT_TOKEN_FILE": str(missing)})
    assert f"{PREFIX}SLACK_BOT_TOKEN_FILE: cannot read {missing}: No such file or directory" in problems


def test_a_secret_file_that_is_no_text_is_said_to_be(config: Path, tmp_path: Path) -> None:
    noise = tmp_path / "noise"
    noise.write_bytes(b"\xb6\xff")
    environment = {name: value for name, value in WHOLE.items() if "BOT_TOKEN" not in name}
    problems = _problems(config, environment | {f"{PREFIX}SLACK_BOT_TOKEN_FILE": str(noise)})
    assert f"{PREFIX}SLACK_BOT_TOKEN_FILE: cannot read {noise}: it is not text" in problems


def test_a_broken_file_hides_nothing_of_the_environment_and_misses_nothing_it_may_hold(tmp_path: Path) -> None:
    path = tmp_path / "checkin.toml"
    path.write_text("pods = [")
    broken, wrong = _problems(path, WHOLE | {f"{PREFIX}HTTP_PORT": "many"})
    assert "not readable as TOML" in broken
    assert wrong.startswith("http.port: must be a whole number")
    assert len(_problems(path, WHOLE)) == 1


def test_a_byte_order_mark_is_no_setting(config: Path) -> None:
    config.write_bytes(b"\xef\xbb\xbf" + config.read_bytes())
    assert load(Settings, config, WHOLE)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (None, "cannot be read: No such file or directory; hint: copy checkin.toml"),
        ("pods = [", "not readable as TOML"),
        ("pods = " + "[" * 5000, "not readable as TOML"),
    ],
)
def test_a_settings_file_that_is_none_is_said_to_be(tmp_path: Path, written: str | None, told: str) -> None:
    path = tmp_path / "checkin.toml"
    if written is not None:
        path.write_text(written)
    assert told in _problems(path, WHOLE)[0]


def test_two_pods_of_one_name_are_refused(config: Path) -> None:
    pod = TOML[TOML.index("[[pods]]") : TOML.index("[alerts]")]
    config.write_text(TOML + pod)
    assert "two pods have the same name" in "\n".join(_problems(config, WHOLE))


def test_what_is_wrong_between_entries_is_said_beside_what_is_wrong_in_them(config: Path) -> None:
    pod = TOML[TOML.index("[[pods]]") : TOML.index("[alerts]")]
    config.write_text(
        TOML.replace(', P3 = "#c"', ', P5 = "#c"').replace('P2 = "#c"', 'P2 = "c"') + pod.replace("M", "N")
    )
    assert [problem for problem in _problems(config, WHOLE) if problem.startswith(("pods", "alerts"))] == [
        "pods: two pods have the same name; hint: a name is what a check-in is remembered by",
        'alerts.channels: no channel for P3; hint: P3 = "#alerts"',
        "pods.1.time_zone: 'Europe/Nadrid' is no IANA time zone; hint: write it like Europe/Madrid",
        "alerts.channels.P2: must be a channel; hint: #ops-urgent, or its id like C0123456789",
        "alerts.channels: P5 is no tier; hint: P0, P1, P2, P3",
    ]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('log_level = "LOUD"', "log_level: must be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'; hint: see the comments in"),
        ('http.port = "many"', "http.port: must be a whole number; hint: see the comments in checkin.toml"),
    ],
)
def test_what_is_written_in_the_file_is_to_be_mended_there(config: Path, line: str, told: str) -> None:
    config.write_text(f"{line}\n{TOML}")
    (problem,) = _problems(config, WHOLE)
    assert problem.startswith(told)


@pytest.mark.parametrize("name", list(ENVIRONMENT))
def test_every_variable_leads_to_a_setting(name: str) -> None:
    kind: object = Settings
    for part in ENVIRONMENT[name]:
        kind = kind.model_fields[part].annotation  # type: ignore[attr-defined]
    assert kind is not None


def test_a_section_that_is_missing_is_told_variable_by_variable(config: Path) -> None:
    told = "\n".join(_problems(config, {}))
    needed = ["DATABASE_URL", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "PLATFORM_URL", "PLATFORM_SECRET", "PROMETHEUS_URL"]
    for name in [*needed, "ALERTS_TOKEN"]:
        assert f"is missing; hint: set {PREFIX}{name} (or {PREFIX}{name}_FILE)" in told


def test_a_command_needs_only_the_settings_it_uses(config: Path, tmp_path: Path) -> None:
    digest = {name: WHOLE[PREFIX + name] for name in ("DATABASE_URL", "SLACK_BOT_TOKEN", "PROMETHEUS_URL")}
    environment = {PREFIX + name: value for name, value in digest.items()}
    migrate = {f"{PREFIX}DATABASE_URL": SECRETS["DATABASE_URL"]}

    assert load(DigestSettings, config, environment).pods[0].name == "main"
    assert load(DatabaseSettings, tmp_path / "none.toml", migrate).secrets() == [SECRETS["DATABASE_URL"]]


def test_what_a_command_does_not_use_may_be_wrong(config: Path) -> None:
    environment = WHOLE | {f"{PREFIX}SLACK_APP_TOKEN": "wrong", f"{PREFIX}ALERTS_TOKEN": "short"}
    assert load(DigestSettings, config, environment)
    assert load(DatabaseSettings, config, environment | {f"{PREFIX}SLACK_BOT_TOKEN": "wrong"})


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("PLATFORM_URL", "nonsense", "must be an http or https address; hint: https://platform.example/commands"),
        ("PROMETHEUS_URL", "nonsense", "must be an http or https address; hint: http://prometheus:9090"),
        ("SLACK_BASE_URL", "nonsense", "must be an http or https address; hint: https://slack.com/api/"),
        ("ALERTS_TOKEN", "short", "must have at least 16 characters; hint"),
        ("HTTP_PORT", "many", "must be a whole number; hint"),
        ("HTTP_PORT", "99999", "must be less than or equal to 65535; hint"),
        ("LOG_LEVEL", "LOUD", "must be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'; hint"),
        ("DATABASE_URL", "postgresql+psycopg://checkin@host:port/checkin", "is no database address; hint: write it"),
        ("DATABASE_URL", "postgresql+psycopg://", "is no database address; hint: write it"),
        ("PLATFORM_SECRET", "whsec_%%%", "must be at least 24 bytes in base64; hint: echo whsec_"),
        ("PLATFORM_SECRET", "whsec_c2hvcnQ=", "must be at least 24 bytes in base64"),
        ("SLACK_BOT_TOKEN", "xoxb-1\n x", "must be one line without spaces"),
        ("ALERT_TOKEN", "x" * 20, "is not a setting; hint: did you mean CHECKIN_ALERTS_TOKEN?"),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(config: Path, name: str, value: str, told: str) -> None:
    (problem,) = _problems(config, WHOLE | {PREFIX + name: value})
    assert told in problem
    assert PREFIX + name in problem


@pytest.mark.parametrize(
    ("written", "instead", "told"),
    [
        ('"U0123456789"', '"ana"', "people.operators.0: must be a Slack id; hint: U… or W… of a person, S… of a user"),
        ('name = "main"', 'name = "My Pod"', "pods.0.name: must be small letters, digits and hyphens; hint"),
        ("{ morning = 09:00:00 }", "{}", "pods.0.checkins: must have at least 1 entry; hint"),
        ("morning =", "evening =", "pods.0.checkins: evening is no check-in; hint: morning, midday, late"),
        ('channel = "#ops"', 'channel = "ops"', "pods.0.channel: must be a channel; hint: #ops-urgent, or its id"),
        ("09:00:00", "9", "morning: must be a time of the pod's own day; hint: write it like 09:00:00"),
        ("09:00:00", '"09:00:00+05:00"', "morning: must be a time of the pod's own day"),
        ("[alerts]", 'working_days = ["monday"]\n[alerts]', "pods.0.working_days.0: must be 'mon', 'tue'"),
        ("[alerts]", "holidays = [2026-13-01]\n[alerts]", "not readable as TOML"),
        ("[alerts]", "[owner]\nchannel = '#o'\n[alerts]", "owner.summary: is missing; hint"),
        ('name = "main"', 'name = "owner"', "no pod can be called owner; hint: the owner's summary is set in [owner]"),
        ("[alerts]", "[slack]", "slack.channels: is not a setting; hint"),
        ("[people]", "[[slack]]\n[people]", "slack: must be a table; hint: write [slack]"),
        (
            "[people]",
            "slack.fallback_channel = 'ops'\n[people]",
            "slack.fallback_channel: must be a channel; hint: #ops",
        ),
    ],
)
def test_what_is_wrong_in_the_file_is_said_in_plain_words(config: Path, written: str, instead: str, told: str) -> None:
    config.write_text(TOML.replace(written, instead))
    assert told in "\n".join(_problems(config, WHOLE))
