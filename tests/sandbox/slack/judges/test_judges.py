"""Our validator beside two judges that Slack itself wrote. Where they differ, the table below says why."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from sandbox.slack.block_kit import problems
from tests.sandbox.slack.judges import python_sdk, typescript
from tests.sandbox.slack.judges.corpus import Case, corpus

Judge = Literal["slack_sdk.models", "@slack/types"]


@dataclass(frozen=True)
class Difference:
    """`says` is found in what the refusing side says, `of` in the name of the case."""

    judge: Judge
    refusing: Literal["we", "they"]
    says: str
    reason: str
    of: str = ""

    def explains(self, case: Case, said: str) -> bool:
        return bool(re.search(self.says, said) and re.search(self.of, case.name))


SDK: Judge = "slack_sdk.models"
TYPES: Judge = "@slack/types"

DIFFERENCES = (
    Difference(SDK, "they", "no class for a data_", "no class yet for blocks of May and June 2026", "^data_"),
    Difference(SDK, "they", "between 1 and 100 blocks", "Slack documents only the most", "blocks empty"),
    Difference(SDK, "we", "must be more than 0 characters", "it measures the longest, never the shortest", "empty$"),
    Difference(SDK, "we", "must provide a (string|boolean|number)", "it takes any value where it measures nothing"),
    Difference(SDK, "we", "must provide an integer", "it takes any value where it measures nothing"),
    Difference(SDK, "we", "missing required field: type", "a text of unknown type passes as it is", "type a number$"),
    Difference(SDK, "we", "unsupported type", "a text of unknown type passes as it is", "type (too long|empty)$"),
    Difference(SDK, "we", "must be less than", "it measures only some of the limits", "too long$"),
    Difference(SDK, "we", "no more than", "it counts only some of the lists", "of 101$|51 blocks"),
    Difference(SDK, "we", "no fewer than", "it lets most lists be empty", "empty$"),
    Difference(SDK, "we", "valid enum value", "it does not look into columns and icons", "align|icon"),
    Difference(SDK, "we", "missing required field: (text|value|url|type)", "it passes these parts on unread",
               "options|initial_option|rows|sources|workflow"),
    Difference(SDK, "we", "required field: (options|workflow|trigger|is_decimal)", "its arguments are optional"),
    Difference(SDK, "we", "missing required field: (confirm|deny)", "it writes Yes and No itself", "confirm"),
    Difference(SDK, "we", "missing required field: title", "one View class serves modals and Home", "^modal"),
    Difference(SDK, "we", "exactly one of: image_url, slack_file", "both are optional in its image element"),
    Difference(SDK, "we", "additional property: colour", "its View swallows what it does not know", "^(modal|home)"),
    Difference(SDK, "we", "needs is_collapsible", "it knows the other rule of the two only"),
    Difference(SDK, "we", "must have a submit button", "it does not look for inputs"),
    Difference(TYPES, "they", "data_visualization", "no type yet for the block of June 2026", "^data_visualization"),
    Difference(TYPES, "we", "must be less than", "types know no lengths", "too long$"),
    Difference(TYPES, "we", "must be more than", "types know no lengths", "empty$"),
    Difference(TYPES, "we", "no (more|fewer) than", "types know no lengths", "of 101$|empty$|51 blocks"),
    Difference(TYPES, "we", "missing required field: value", "value may be absent where an option has a url", "option"),
    Difference(TYPES, "we", "missing required field: (title|confirm|deny)", "documented as required", "confirm/"),
    Difference(TYPES, "we", "exactly one of: options, option_groups", "either is optional in the type"),
    Difference(TYPES, "we", "at least one of: title, rich_text_title", "either is optional in the type"),
    Difference(TYPES, "we", "valid enum value", "the only icon there is, trash, is named in the documentation", "icon"),
    Difference(TYPES, "we", "needs is_collapsible", "a rule over two fields"),
    Difference(TYPES, "we", "must have a submit button", "a rule over two fields"),
)  # fmt: skip


def differing(judge: Judge, cases: list[Case], verdicts: list[str | None]) -> tuple[list[str], list[Difference]]:
    """(differences that the table does not explain, rows of the table that explain none)."""
    unexplained, idle = [], {row for row in DIFFERENCES if row.judge == judge}
    for case, theirs in zip(cases, verdicts, strict=True):
        ours = [str(each) for each in problems(case.payload, case.surface)]
        if bool(ours) == bool(theirs):
            continue
        refusing, said = ("we", ours[0]) if ours else ("they", theirs or "")
        rows = [
            row for row in DIFFERENCES if row.judge == judge and row.refusing == refusing and row.explains(case, said)
        ]
        idle.difference_update(rows)
        if not rows:
            unexplained.append(f"{case.name}: {refusing} refuse, {said[:150]}")
    return unexplained, sorted(idle, key=str)


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return corpus()


def test_the_corpus_holds_hundreds_of_messages_and_views_good_and_bad(cases: list[Case]) -> None:
    good = [case for case in cases if not problems(case.payload, case.surface)]
    assert len(good) >= 150
    assert len(cases) - len(good) >= 500
    assert {case.surface for case in good} == {"message", "modal", "home"}


def test_the_python_sdk_agrees_or_the_table_says_why_not(cases: list[Case]) -> None:
    verdicts = [python_sdk.verdict(case) for case in cases]
    assert differing(SDK, cases, verdicts) == ([], [])


@pytest.mark.slow
def test_the_typescript_types_agree_or_the_table_says_why_not(cases: list[Case], tmp_path: Path) -> None:
    try:
        verdicts = typescript.verdicts(cases, tmp_path)
    except typescript.Unavailable as reason:
        pytest.skip(str(reason))
    assert differing(TYPES, cases, verdicts) == ([], [])


def test_without_node_it_is_said_that_the_second_judge_was_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(typescript.Unavailable, match="node and npm are not installed"):
        typescript.installed()


def test_a_judge_refuses_most_of_what_we_refuse(cases: list[Case]) -> None:
    refused = [case for case in cases if problems(case.payload, case.surface)]
    shared = [case for case in refused if python_sdk.verdict(case)]
    assert len(shared) > len(refused) * 0.6
