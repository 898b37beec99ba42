from itertools import pairwise

import pytest

from sandbox.agency.rework import reworked
from sandbox.agency.seed import APPROVALS

CLAIM = "Claims a measured effect (“9 of 10 testers”): needs the study as a source."


def test_the_sentence_that_a_risk_quotes_goes_and_the_risk_with_it() -> None:
    text, risk = reworked("Four weeks, calmer skin. 9 of 10 testers kept using it. Which one were you?", CLAIM, 2)
    assert text == "Four weeks, calmer skin. More in the link."
    assert risk is None


@pytest.mark.parametrize(
    ("text", "risk"),
    [
        ("Runs until the 30th. Prices fell by 8 %.", "Names a date and a price: check both."),
        ("9 of 10 testers kept using it. Which one were you?", CLAIM),
        ("9 of 10 testers kept using it.", CLAIM),
        ("Rye loaf, 22 hours later.", CLAIM),
    ],
)
def test_a_risk_stays_while_the_caption_may_still_hold_it(text: str, risk: str) -> None:
    changed, left = reworked(text, risk, 2)
    assert changed != text
    assert left == risk


def test_every_version_of_every_draft_is_another_one() -> None:
    for draft in APPROVALS:
        versions = [draft.post.text]
        for version in range(2, 6):
            versions.append(reworked(versions[-1], draft.risk, version)[0])
        assert all(before != after for before, after in pairwise(versions))
