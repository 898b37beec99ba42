import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from sandbox.agency.incidents import INCIDENTS
from sandbox.cli import demo
from sandbox.world import AGENCY
from telemetry.logs import FIELDS
from tests.scenarios.looking import Looker, Seen
from tests.scenarios.symptoms import WAVES

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

NAMES = [name for wave in WAVES for name in wave]


def test_every_incident_is_on_the_tour() -> None:
    assert sorted(NAMES) == sorted(INCIDENTS)
    assert len(NAMES) >= 12


@pytest.mark.parametrize("name", NAMES)
def test_an_incident_is_felt_where_people_look_and_is_over_when_mended(name: str, tour: Mapping[str, Seen]) -> None:
    seen = tour[name]

    assert seen.before == (False, False), "it was there before anything broke"
    assert seen.felt_after is not None, "Prometheus and Postgres showed nothing of it"
    assert seen.over_after is not None, "it did not end when it was mended"


@pytest.mark.parametrize("name", [name for name in NAMES if "#ops-alerts" in INCIDENTS[name].look])
def test_where_an_alert_is_promised_one_fires(name: str, tour: Mapping[str, Seen]) -> None:
    alerted = tour[name].alerted_after

    assert alerted is not None
    assert alerted <= 45


def test_what_is_broken_is_told_until_it_is_mended(looker: Looker, tour: Mapping[str, Seen]) -> None:
    def broken() -> list[str]:
        return [each["name"] for each in looker.web.get("/incidents").json() if each["since"]]

    assert broken() == []
    said = looker.turn("cost-spike", on=True)
    assert said == (
        "Models answer 40 times as long as they should, and are paid for it."
        " Ask /cost today: it climbs from minute to minute."
    )
    assert broken() == ["cost-spike"]
    assert looker.turn("cost-spike", on=False) == "Mended. What was spent stays spent."
    assert looker.turn("cost-spike", on=False) == "Nothing to mend: cost-spike was not broken."
    assert broken() == []


def test_every_line_of_every_process_has_the_fields_of_the_specification(
    looker: Looker, tour: Mapping[str, Seen]
) -> None:
    assert tour
    lines = [line for log in looker.world.folder.glob("logs/*.log") for line in _lines(log)]

    assert {line["service"] for line in lines} == {*(f"agency-{name}" for name in AGENCY), "checkin"}
    assert [line for line in lines if tuple(line)[: len(FIELDS)] != FIELDS] == []
    assert {line["status"] for line in lines} <= {"ok", "error", "blocked", "retry", None}
    assert [line for line in lines if line["status"] == "error" and not line["error_message"]] == []
    assert any(line["status"] == "retry" for line in lines)


def _lines(log: Path) -> Iterator[dict[str, Any]]:
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("{") and "event_name" in (told := json.loads(line)):
            yield told


def typed(looker: Looker, *words: str) -> Result:
    """What somebody sees in another terminal."""
    return CliRunner().invoke(demo, ["--folder", str(looker.world.folder), *words])


def test_the_command_says_what_happened_where_to_look_and_how_to_mend(looker: Looker, tour: Mapping[str, Seen]) -> None:
    assert tour
    broken = typed(looker, "break", "provider-outage")
    assert broken.exit_code == 0
    assert broken.output.startswith("Anthropic refuses every call to its models. Watch provider_errors_total")
    assert broken.output.endswith(f"demo --folder {looker.world.folder} mend provider-outage\n")
    listed = typed(looker, "break").output.splitlines()
    assert "  provider-outage      Anthropic refuses every call to its models. (broken now)" in listed

    mended = typed(looker, "mend", "provider-outage")
    assert mended.output == "Mended. What failed meanwhile is tried again.\n"


def test_an_unknown_incident_is_answered_with_all_there_are_one_per_line(looker: Looker) -> None:
    told = typed(looker, "break", "flood")

    assert told.exit_code == 1
    first, *lines = told.output.splitlines()
    assert first == "There is no incident flood. There are:"
    assert [line.split()[0] for line in lines] == list(INCIDENTS)


def test_without_a_world_the_command_says_how_to_start_one(tmp_path: Path) -> None:
    told = CliRunner().invoke(demo, ["--folder", str(tmp_path), "break", "cost-spike"])

    assert told.exit_code == 1
    assert told.output.startswith(f"No world is running in {tmp_path}. Start one with: ")


def test_the_page_has_a_switch_for_each(looker: Looker) -> None:
    shown = httpx.get(f"{looker.world.slack_url}/page/switches", trust_env=False).json()

    assert [each["name"] for each in shown["switches"]] == list(INCIDENTS)
    assert (shown["on"], shown["off"]) == ("Break", "Mend")
