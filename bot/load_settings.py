"""Reads settings: `checkin.toml` for what may be read by all, the environment for secrets and addresses.

Everything that is wrong is said at once, each with its field and a hint; nothing starts before all of it is right.
A command that uses less asks for less.
"""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from bot.settings import TIERS, DatabaseSettings, DigestSettings, Settings

PREFIX = "CHECKIN_"
# What the entry of a table is, where its name is not one of those that there are.
_ENTRIES = {"checkins": "check-in", "channels": "tier", "mention": "tier"}

# Variable of the environment → where it belongs. `NAME_FILE` names a file that holds the value.
ENVIRONMENT = {
    "DATABASE_URL": ("database_url",),
    "SLACK_BOT_TOKEN": ("slack", "bot_token"),
    "SLACK_APP_TOKEN": ("slack", "app_token"),
    "SLACK_BASE_URL": ("slack", "base_url"),
    "PLATFORM_URL": ("platform", "commands_url"),
    "PLATFORM_SECRET": ("platform", "secret"),
    "PROMETHEUS_URL": ("prometheus", "url"),
    "ALERTS_TOKEN": ("alerts", "token"),
    "INGEST_TOKENS": ("ingest_tokens",),
    "HTTP_PORT": ("http", "port"),
    "LOG_LEVEL": ("log_level",),
    "OTLP_URL": ("telemetry", "otlp_url"),
    "AUDITS_KEY": ("audits", "key"),
}

S = TypeVar("S", bound=DatabaseSettings)


class SettingsError(Exception):
    """All that is wrong with the settings, a line each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def load(kind: type[S], path: Path, environment: Mapping[str, str] = os.environ) -> S:
    """The settings that a command uses, as `kind`. Raises SettingsError with every problem found in them.

    Without the file too, when the environment alone is enough.
    """
    problems = _misspelt(environment)
    told, unread = _from_file(path, problems)
    broken = unread and path.exists()
    variables = {}
    for name, value in _from_environment(environment, problems):
        variables[ENVIRONMENT[name]] = PREFIX + name
        *outer, last = ENVIRONMENT[name]
        inner = told
        for key in outer:
            inner = inner[key]
        inner[last] = value
    problems += _as_a_whole(kind, told)
    try:
        settings = kind.model_validate(told)
    except ValidationError as error:
        # What a file holds that cannot be read is not missing.
        wrong = [problem for problem in error.errors() if not broken or problem["type"] != "missing"]
        problems += [_sentence(dict(problem), variables) for problem in wrong]
        raise SettingsError([*unread, *problems]) from None
    if problems or broken:
        raise SettingsError([*unread, *problems])
    return settings


def _from_file(path: Path, problems: list[str]) -> tuple[dict[str, Any], list[str]]:
    """What the file says, and why it says nothing. Sections are there even if empty: what they lack is told by name."""
    told: dict[str, Any] = {}
    unread = []
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as problem:
        unread = [f"{path}: not readable as TOML: {problem}"]
    except OSError as problem:
        hint = "hint: copy checkin.toml of the distribution, or say where it is with --config"
        unread = [f"{path}: cannot be read: {problem.strerror}; {hint}"]
    for section, *rest in ENVIRONMENT.values():
        if rest and not isinstance(told.setdefault(section, {}), dict):
            problems.append(f"{section}: must be a table; hint: write [{section}] with its settings below")
            told[section] = {}
    return told, unread


def _from_environment(environment: Mapping[str, str], problems: list[str]) -> Iterator[tuple[str, str]]:
    for name in ENVIRONMENT:
        file = environment.get(f"{PREFIX}{name}_FILE")
        if file:
            try:
                yield name, Path(file).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as problem:
                why = problem.strerror if isinstance(problem, OSError) else "it is not text"
                problems.append(f"{PREFIX}{name}_FILE: cannot read {file}: {why}")
        elif environment.get(PREFIX + name):
            yield name, environment[PREFIX + name]


def _as_a_whole(kind: type[DatabaseSettings], told: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong between entries, which pydantic would not look at while one of them is wrong by itself."""
    pods, alerts = told.get("pods"), told.get("alerts")
    if issubclass(kind, DigestSettings) and isinstance(pods, list):
        names = [pod.get("name") for pod in pods if isinstance(pod, dict)]
        if len(names) != len(set(map(str, names))):
            yield "pods: two pods have the same name; hint: a name is what a check-in is remembered by"
    if issubclass(kind, Settings) and isinstance(alerts, dict) and isinstance(alerts.get("channels"), dict):
        missing = [tier for tier in TIERS if tier not in alerts["channels"]]
        if missing:
            yield f'alerts.channels: no channel for {", ".join(missing)}; hint: {missing[0]} = "#alerts"'


def _misspelt(environment: Mapping[str, str]) -> list[str]:
    """Variables that only look like ours would be left out without a word."""
    known = [PREFIX + name + end for name in ENVIRONMENT for end in ("", "_FILE")] + [PREFIX + "CONFIG"]
    strange = sorted(name for name in environment if name.startswith(PREFIX) and name not in known)
    near = {name: get_close_matches(name, known, n=1) for name in strange}
    return [
        f"{name}: is not a setting; hint: " + (f"did you mean {near[name][0]}?" if near[name] else "remove it")
        for name in strange
    ]


def _sentence(problem: Mapping[str, Any], variables: Mapping[tuple[str, ...], str]) -> str:
    """`variables`: those that were set, by the place of their value. What is missing may be given by any."""
    path = tuple(problem["loc"])
    if path[-1] == "[key]":
        *place, table, entry, _ = path
        field = ".".join(str(part) for part in (*place, table))
        known = re.sub(r"'| or ", lambda found: ", " if found[0] == " or " else "", problem["ctx"]["expected"])
        return f"{field}: {entry} is no {_ENTRIES.get(str(table), 'setting')}; hint: {known}"
    field = ".".join(str(part) for part in path)
    variable = variables.get(path)
    if problem["type"] == "missing":
        variable = next((PREFIX + name for name, place in ENVIRONMENT.items() if place == path), None)
    message = _plain(problem)
    if variable:
        message += f"; hint: set {variable} (or {variable}_FILE)" if "hint" not in message else f" ({variable})"
    elif problem["type"] == "extra_forbidden":
        message = "is not a setting; hint: is it misspelt?"
    elif "hint" not in message:
        message += "; hint: see the comments in checkin.toml"
    return f"{field}: {message}"


def _plain(problem: Mapping[str, Any]) -> str:
    """What pydantic says, as a person would."""
    match problem["type"]:
        case "missing":
            return "is missing"
        case "int_parsing":
            return "must be a whole number"
        case "string_too_short" | "too_short":
            least = problem["ctx"]["min_length"]
            one, more = ("character", "characters") if isinstance(problem["input"], str) else ("entry", "entries")
            return f"must have at least {least} {one if least == 1 else more}"
        case _:
            return re.sub(r"^\w+ should be", "must be", str(problem["msg"]).removeprefix("Value error, "))
