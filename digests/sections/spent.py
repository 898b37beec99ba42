"""What the day cost so far: Dashboard E in words, with its picture."""

from dashboards import cost
from dashboards.cost import Cost
from dashboards.cost.decide import verdict
from digests.model import Section, Step, World
from messages.blocks import escape


def collect(world: World) -> Cost:
    with world.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        found = cost.collect(db, world.reader, "today", now=world.since, zone=world.pod.time_zone)
    assert isinstance(found, Cost)  # noqa: S101  (today is a period)
    return found


def show(found: Cost, world: World) -> Step:  # noqa: ARG001
    judged = verdict(found)
    return Step(
        line=escape(judged.words.removesuffix(".")),  # as the lines beside it, which are no sentences
        mark=cost.MARKS[judged.state],
        groups=[cost.card(found).blocks[1:]],  # its header is this step's
        chart=cost.chart(found) if found.usd else None,
    )


SPENT = Section("spent", "Cost", collect, show)
