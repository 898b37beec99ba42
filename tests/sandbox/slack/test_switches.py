import json
from itertools import islice
from typing import Any

import requests

from sandbox.slack.local import LocalSlack
from tests.sandbox.slack.hands import Hands
from tests.sandbox.slack.world import SINCE, world_with_switches


def place(slack: LocalSlack, url: str) -> dict[str, Any]:
    told = {"url": url, "title": "Weather", "on": "Start", "off": "Stop", "note": "Look up."}
    answer: dict[str, Any] = requests.post(f"{slack.url}/control/switches", json=told, timeout=5).json()
    return answer


def test_without_a_world_there_are_no_switches(ana: Hands) -> None:
    assert ana.see("switches")["switches"] == []
    assert ana.do("switches", name="rain", on=True) == {"ok": False, "error": "not_turned"}


def test_a_switch_is_shown_turned_and_turned_back(slack: LocalSlack, ana: Hands) -> None:
    with world_with_switches() as url:
        assert place(slack, url)["ok"]
        shown = ana.see("switches")
        assert [shown[word] for word in ("title", "on", "off", "note")] == ["Weather", "Start", "Stop", "Look up."]
        assert [each["since"] for each in shown["switches"]] == [None, None]

        assert ana.do("switches", name="rain", on=True) == {"ok": True, "says": "Take an umbrella."}
        assert [each["since"] for each in ana.see("switches")["switches"]] == [SINCE, None]
        assert ana.do("switches", name="rain", on=False) == {"ok": True, "says": "It is dry."}
        assert [each["since"] for each in ana.see("switches")["switches"]] == [None, None]


def test_a_world_that_refuses_or_is_gone_is_told(slack: LocalSlack, ana: Hands) -> None:
    with world_with_switches() as url:
        place(slack, url)
        assert ana.do("switches", name="snow", on=True)["error"] == "not_turned"
    assert ana.see("switches")["switches"] == []
    assert ana.do("switches", name="rain", on=True)["error"] == "not_turned"


def test_switches_are_on_this_machine(slack: LocalSlack, ana: Hands) -> None:
    assert place(slack, "http://10.0.0.1/incidents")["error"] == "invalid_url"
    assert ana.see("switches")["switches"] == []


def test_open_pages_hear_of_a_turn(slack: LocalSlack, ben: Hands) -> None:
    stream = requests.get(f"{slack.url}/page/events", params={"user": "ana"}, stream=True, timeout=10)
    with world_with_switches() as url, stream:
        place(slack, url)
        ben.do("switches", name="rain", on=True)
        lines = list(islice((line for line in stream.iter_lines(chunk_size=1) if line), 3))
    assert [json.loads(line.removeprefix(b"data: ")) for line in lines[1:]] == [{"type": "switches"}] * 2
