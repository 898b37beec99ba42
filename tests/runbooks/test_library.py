import re

import pytest

from runbooks.library import HEADINGS, Runbook, RunbookError, parse, runbook, runbooks

SPEC_SECTION_12 = {
    "publish-failure-spike",
    "verification-failures",
    "browser-login-challenge",
    "selector-drift",
    "provider-outage",
    "token-refresh-failing",
    "queue-backing-up",
}
# What an operator can press and type. A page that names anything else sends somebody to look for it in vain.
BUTTONS = {"Approve", "Resolve", "Stop publishing…"}
COMMANDS = {
    "/client-health CLIENT",
    "/cost today",
    "checkin audits verify",
    "checkin audits head --post",
    "checkin doctor",
}
IMPERATIVES = re.compile("(Ask|Check|Count|Hold|Let|Look|Open|Press|Publish|Read|Retry|Run|Solve|Tell) ")

PAGE = """\
---
title: Coffee is out
summary: The machine is empty.
tiers: [P2]
alerts: []
---

## Symptoms

- Nobody smiles,
  not even Ana.

## Likely causes

- No beans. See `/cost today`.

## Immediate actions

1. Buy beans.
2. Fill them in.

## Rollback

- Give the beans back.

## Prevention

- Buy two bags.
"""


def test_each_failure_mode_of_the_spec_has_its_page() -> None:
    assert {page.slug for page in runbooks()} >= SPEC_SECTION_12


def test_page_is_found_by_its_name() -> None:
    assert runbook("selector-drift").title == "Selector drift"


def test_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(RunbookError, match=r"no runbook 'coffee', only .*queue-backing-up"):
        runbook("coffee")


def test_page_is_read_as_written() -> None:
    assert parse("coffee", PAGE) == Runbook(
        slug="coffee",
        title="Coffee is out",
        summary="The machine is empty.",
        tiers=("P2",),
        alerts=(),
        symptoms=("Nobody smiles, not even Ana.",),
        causes=("No beans. See `/cost today`.",),
        actions=("Buy beans.", "Fill them in."),
        rollback=("Give the beans back.",),
        prevention=("Buy two bags.",),
    )


@pytest.mark.parametrize("heading", HEADINGS)
def test_missing_heading_is_named(heading: str) -> None:
    with pytest.raises(RunbookError, match=rf"coffee\.md: heading missing: {heading}$"):
        parse("coffee", PAGE.replace(f"## {heading}\n", ""))


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        ("title: Coffee is out\n", "", "front matter: title: Field required"),
        ("alerts: []", "alert: []", "front matter: .*alert: Extra inputs"),
        ("## Rollback", "## Rollback\n\n- Twice.\n\n## Rollback", "in this order and no others"),
        ("1. Buy beans.\n2. Fill them in.", "- Buy beans.", "one list, numbered under Immediate actions"),
        ("- Give the beans back.", "Give the beans back.", "one list"),
        ("- Buy two bags.", "- Buy two bags.\n\nOr three.", "one list"),
        ("- Buy two bags.", "- Buy **two** bags.", "words and `code`: Buy"),
        ("- Buy two bags.", "- Buy\n  - two bags.", "words and `code`: Buy"),
        ("- Buy two bags.", "-", "words and `code`"),
    ],
)
def test_page_built_otherwise_is_refused_with_the_reason(right: str, wrong: str, complaint: str) -> None:
    assert right in PAGE
    with pytest.raises(RunbookError, match=rf"coffee\.md.*{complaint}"):
        parse("coffee", PAGE.replace(right, wrong))


def test_headings_in_another_order_are_refused() -> None:
    swapped = PAGE.replace("Rollback", "?").replace("Prevention", "Rollback").replace("?", "Prevention")

    with pytest.raises(RunbookError, match="in this order"):
        parse("coffee", swapped)


@pytest.fixture(params=runbooks(), ids=lambda page: page.slug)
def page(request: pytest.FixtureRequest) -> Runbook:
    found: Runbook = request.param
    return found


def test_first_three_actions_fit_beside_an_alert(page: Runbook) -> None:
    first = page.actions[:3]

    assert len(first) == 3
    assert all(len(action) <= 140 for action in first)


def test_actions_begin_with_what_to_do(page: Runbook) -> None:
    assert all(IMPERATIVES.match(action) for action in page.actions[:3])
    assert all(IMPERATIVES.match(action) or action.startswith("If ") for action in page.actions)


def test_page_names_only_what_can_be_pressed_or_typed(page: Runbook) -> None:
    named = set(re.findall(r"`([^`]+)`", " ".join(everything(page))))

    assert named <= BUTTONS | COMMANDS
    assert named & BUTTONS


def test_page_speaks_of_production_alone(page: Runbook) -> None:
    assert not re.search(r"\b(demo|sandbox|mend)\b", " ".join(everything(page)))


def test_sentences_are_short(page: Runbook) -> None:
    for item in everything(page):
        for sentence in re.split(r"(?<=[.?])\s+(?=[A-Z])", item):
            assert len(sentence.split()) <= 24, sentence


def test_page_fits_one_modal(page: Runbook) -> None:
    sections = (page.symptoms, page.causes, page.actions, page.rollback, page.prevention)

    assert page.summary.count(".") == 1
    assert all(len("\n".join(each)) <= 2900 for each in sections)  # a section block holds 3000 characters
    assert sum(len(item.split()) for item in everything(page)) <= 450  # one page


def test_resuming_is_never_made_to_sound_easy(page: Runbook) -> None:
    if "Resume publishing" in " ".join(page.rollback):
        assert any("two people and a reason" in item for item in page.rollback)


def everything(page: Runbook) -> list[str]:
    return [
        page.summary,
        *page.symptoms,
        *page.causes,
        *page.actions,
        *page.rollback,
        *page.prevention,
    ]
