from collections.abc import Mapping

import pytest

from sandbox.agency.incidents import INCIDENTS
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
