from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine

from bot.home import Home
from messages.slack import Slack
from sandbox.slack.local import LocalSlack
from tests.sandbox.slack.hands import Hands, control


def test_a_home_that_slack_refuses_stays_as_it_was(workspace: LocalSlack, engine: Engine, slack: Slack) -> None:
    ana = Hands(workspace, "ana")
    with ThreadPoolExecutor(1) as pool:
        home = Home(engine, slack, pool)
        home.publish(ana.see("state")["me"]["id"])
        before = ana.see("home", opened="false")["view"]
        control(workspace, "faults", method="views.publish", kind="refused", error="not_enabled")
        home.publish(ana.see("state")["me"]["id"], notice="Something new.")
    assert ana.see("home", opened="false")["view"] == before
