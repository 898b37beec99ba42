from typing import Any

import pytest

from sandbox.slack.block_kit import Problem, Surface, problems
from tests.sandbox.slack.block_kit.samples import BLOCKS, CELL, HOME, INPUT, MODAL, TASK, mrkdwn, plain

DIVIDER = {"type": "divider"}
TABLE = {"type": "table", "rows": [[CELL]]}


def codes(payload: Any, surface: Surface = "message") -> list[str]:
    return [each.code for each in problems(payload, surface)]


def sentences(*blocks: Any) -> list[str]:
    return [str(each) for each in problems({"text": "x", "blocks": list(blocks)}, "message")]


def test_a_problem_has_a_place_a_code_and_a_reason() -> None:
    (found,) = problems({"blocks": [{"type": "header", "text": plain("x" * 151)}]}, "message")
    assert found == Problem("/blocks/0/text/text", "invalid_blocks", "must be less than 151 characters")


def test_a_message_holds_fifty_blocks_and_a_view_a_hundred() -> None:
    assert sentences(*[DIVIDER] * 50) == []
    assert sentences(*[DIVIDER] * 51) == ["no more than 50 items allowed [json-pointer:/blocks]"]
    views: tuple[tuple[Surface, dict[str, Any]], ...] = (("modal", MODAL), ("home", HOME))
    for surface, view in views:
        assert codes(view | {"blocks": [DIVIDER] * 100}, surface) == []
        (found,) = problems(view | {"blocks": [DIVIDER] * 101}, surface)
        assert str(found) == "no more than 100 items allowed [json-pointer:/view/blocks]"
        assert found.code == "invalid_arguments"


def test_a_message_holds_one_table_of_any_kind_at_any_depth() -> None:
    assert sentences(TABLE, DIVIDER) == []
    nested = {"type": "container", "title": plain(), "child_blocks": [TABLE]}
    for second in (TABLE, BLOCKS["data_table"]):
        (found,) = problems({"text": "x", "blocks": [TABLE, second]}, "message")
        assert (found.code, found.message) == ("invalid_attachments", "only_one_table_allowed")
    assert sentences(TABLE, nested) == ["only_one_table_allowed [json-pointer:/blocks/1/child_blocks/0]"]


def test_a_message_holds_two_charts() -> None:
    chart = BLOCKS["data_visualization"]
    assert sentences(chart, chart) == []
    assert sentences(chart, chart, chart) == ["no more than 2 charts allowed [json-pointer:/blocks/2]"]


def test_markdown_blocks_share_one_limit() -> None:
    half = {"type": "markdown", "text": "x" * 6001}
    assert "markdown must be less than 12001 characters in all [json-pointer:/blocks]" in sentences(half, half)


def test_all_texts_of_a_message_together_have_a_limit() -> None:
    full = [{"type": "section", "text": mrkdwn("x" * 3000)}] * 4
    assert codes({"text": "x", "blocks": full}) == []
    assert codes({"text": "x", "blocks": [*full, {"type": "header", "text": plain()}]}) == ["msg_blocks_too_long"]


@pytest.mark.parametrize(
    ("outer", "pointer"),
    [
        ({"type": "divider", "block_id": "a"}, "/blocks/1"),
        (
            {"type": "container", "title": plain(), "child_blocks": [{"type": "divider", "block_id": "a"}]},
            "/blocks/1/child_blocks/0",
        ),
        ({"type": "plan", "title": "x", "tasks": [{**TASK, "block_id": "a"}]}, "/blocks/1/tasks/0"),
    ],
    ids=["beside", "in a container", "in a plan"],
)
def test_a_block_id_is_used_once_at_any_depth(outer: dict[str, Any], pointer: str) -> None:
    found = sentences({"type": "divider", "block_id": "a"}, outer)
    assert found == [f"`block_id` a already exists [json-pointer:{pointer}/block_id]"]


def test_nothing_to_say_is_no_message() -> None:
    assert codes({"text": "", "blocks": []}) == ["no_text"]


def test_blocks_that_are_text_again_are_not_blocks() -> None:
    assert codes({"text": "x", "blocks": "[]"}) == ["invalid_blocks_format"]


@pytest.mark.parametrize(
    ("attachments", "code"),
    [
        ([{"color": "#36a64f", "blocks": [DIVIDER] * 20}], None),
        ([{"blocks": [DIVIDER] * 21}], "invalid_attachments"),
        ([{"blocks": [{"type": "nothing"}]}], "invalid_attachments"),
        ([{"text": "x", "color": "reddish"}], "invalid_attachments"),
        ([{"text": "x", "footer": "x" * 301}], "invalid_attachments"),
        ({"text": "x"}, "invalid_attachments"),
        ([{"text": "x"}] * 101, "too_many_attachments"),
    ],
    ids=["fits", "21 blocks", "bad block", "colour", "footer", "no list", "101"],
)
def test_attachments_have_their_own_refusals(attachments: Any, code: str | None) -> None:
    assert codes({"text": "x", "attachments": attachments}) == ([code] if code else [])


def test_a_modal_with_inputs_needs_a_way_to_send_them() -> None:
    silent = {name: value for name, value in MODAL.items() if name != "submit"}
    (found,) = problems(silent, "modal")
    assert str(found) == "a modal with inputs must have a submit button [json-pointer:/view/submit]"


@pytest.mark.parametrize("name", ["title", "submit", "close"])
def test_a_modals_words_have_24_characters_and_home_has_none(name: str) -> None:
    assert codes(MODAL, "modal") == codes(HOME, "home") == []
    (found,) = problems(MODAL | {name: plain("x" * 25)}, "modal")
    assert str(found) == f"must be less than 25 characters [json-pointer:/view/{name}/text]"
    (found,) = problems(HOME | {name: plain()}, "home")
    assert str(found) == f"invalid additional property: {name} [json-pointer:/view]"


def test_a_view_has_a_quarter_of_a_megabyte() -> None:
    blocks = [{"type": "section", "text": plain("x" * 2600)}] * 100
    assert codes(MODAL | {"blocks": blocks}, "modal") == ["view_too_large"]


def test_a_view_without_blocks_or_of_another_kind_is_none() -> None:
    assert codes({"type": "home"}, "home") == ["invalid_arguments"]
    assert codes(MODAL, "home") == ["invalid_arguments"]
    assert codes(HOME | {"blocks": [INPUT]}, "home") == []
