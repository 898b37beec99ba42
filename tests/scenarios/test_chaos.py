"""Check-ins while bots are killed and put to sleep, Postgres crashes and Slack has its bad days, by a seed.

Each is posted once, with its whole thread. First three naive ways of sending show that the torments find what they lose
and what they post twice. `make chaos` does it ten times as often as a run of all tests.
"""

import os
import sys
from pathlib import Path

import pytest

from tests.scenarios.torment import CARDS, run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]

SLOTS = 300

ROUNDS = int(os.environ.get("CHAOS_SLOTS", SLOTS)) // SLOTS


@pytest.mark.parametrize(
    ("naive", "fails"),
    [("post_then_mark", "twice"), ("repeat_on_error", "twice"), ("mark_then_post", "lost")],
)
def test_the_torments_catch_a_naive_way_of_sending(server_folder: Path, naive: str, fails: str) -> None:
    report = run(server_folder, naive, seed=1, slots=40, lasts=8, patience=10)
    sys.stdout.write(f"{naive}: {report}\n")
    assert getattr(report, fails), report


@pytest.mark.parametrize("seed", range(1, ROUNDS + 1))
def test_each_check_in_is_posted_once_and_whole_whatever_befalls_bots_store_and_slack(
    server_folder: Path, seed: int
) -> None:
    report = run(server_folder, "ours", seed, SLOTS, lasts=60)
    sys.stdout.write(f"seed {seed}: {report}\n")
    assert report.posted == report.slots == SLOTS, report
    assert report.cards == CARDS * SLOTS, report
    assert (report.lost, report.twice, report.astray) == ([], [], []), report
    # How much is done to them is chance and the machine's pace.
    assert report.done["kill"] > 5, report
    assert report.done["stop"] > 2, report
    assert report.done["crash"] > 0, report
