import pytest
import requests
from playwright.sync_api import expect

from sandbox.slack.local import LocalSlack
from tests.sandbox.slack.world import world_with_switches
from tests.sandbox.slack_page.parts import Opener

pytestmark = pytest.mark.slow


def test_the_bolt_shows_what_is_on_and_turns_it(slack: LocalSlack, visit: Opener) -> None:
    with world_with_switches() as url:
        page = visit("ana")
        bolt = page.locator(".top .switches__open")
        expect(bolt).to_be_hidden()
        told = {"url": url, "title": "Weather", "on": "Start", "off": "Stop", "note": "Look up."}
        requests.post(f"{slack.url}/control/switches", json=told, timeout=5)
        bolt.click()
        expect(page.locator(".switches__note")).to_have_text("Look up.")
        rain = page.locator(".switches__row", has_text="rain")
        rain.get_by_role("button", name="Start rain").click()
        expect(rain).to_contain_text("Take an umbrella.")
        expect(bolt.locator(".badge")).to_have_text("1")
        rain.get_by_role("button", name="Stop rain").click()
        expect(rain).to_contain_text("It is dry.")
        expect(bolt.locator(".badge")).to_have_count(0)
        page.locator(".switches__row", has_text="snow").get_by_role("button").click()
        expect(page.locator(".switches__row", has_text="snow")).to_contain_text("did not work")
