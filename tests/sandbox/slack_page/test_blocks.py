"""Every block as it is drawn, and those one can work without an app: tables, charts, containers, tasks, cards."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from sandbox.slack.block_kit.blocks import BLOCKS
from tests.sandbox.slack.block_kit import samples
from tests.sandbox.slack_page.parts import mrkdwn, placed, plain, section

pytestmark = pytest.mark.slow

DAYS = ["Mon", "Tue", "Wed"]
POSTS = [("Borealis", 9), ("Acme", 14), ("Cinder", 131), ("Dune", 2), ("Ember", 77), ("Fjord", 7)]


def raw(text: str) -> dict[str, Any]:
    return {"type": "raw_text", "text": text}


def table(rows: list[tuple[str, int]], **rest: Any) -> dict[str, Any]:
    cells = [[raw(name), {"type": "raw_number", "value": count, "text": f"{count} posts"}] for name, count in rows]
    return {"type": "data_table", "caption": "Posts", "rows": [[raw("Client"), raw("Posts")], *cells], **rest}


def chart(kind: str, *series: list[float]) -> dict[str, Any]:
    plotted = [
        {
            "name": f"series {at}",
            "data": [{"label": day, "value": value} for day, value in zip(DAYS, values, strict=True)],
        }
        for at, values in enumerate(series)
    ]
    axes = {"categories": DAYS, "x_label": "Day"}
    return {
        "type": "data_visualization",
        "title": "Posts",
        "chart": {"type": kind, "series": plotted, "axis_config": axes},
    }


@pytest.mark.parametrize("kind", sorted(BLOCKS))
def test_every_block_the_validator_knows_is_drawn(still: Page, kind: str) -> None:
    drawn = placed(still, samples.BLOCKS[kind])
    expect(drawn.locator(f".block--{kind}")).to_have_count(1)
    expect(drawn.get_by_text("Unknown")).to_have_count(0)


@pytest.mark.parametrize("kind", sorted(samples.ELEMENTS))
def test_every_element_the_validator_knows_is_drawn(still: Page, kind: str) -> None:
    element = {"action_id": "value", **samples.ELEMENTS[kind]}
    drawn = placed(still, {"type": "input", "block_id": "b", "label": plain("Label"), "element": element})
    expect(drawn.locator("[data-action]")).to_have_count(1)
    expect(drawn.get_by_text("Unknown")).to_have_count(0)


def test_a_data_table_is_paged_by_five_unless_it_says_otherwise(still: Page) -> None:
    drawn = placed(still, table(POSTS))
    expect(drawn.locator("tbody tr")).to_have_count(5)
    expect(drawn.get_by_role("status")).to_have_text("1–5 of 6")
    drawn.get_by_role("button", name="Next rows").click()
    expect(drawn.locator("tbody")).to_have_text("Fjord7 posts")
    expect(drawn.get_by_role("button", name="Next rows")).to_be_disabled()
    expect(placed(still, table(POSTS, page_size=6)).locator(".table__foot")).to_have_count(0)


def test_a_data_table_sorts_numbers_by_value_then_the_other_way_then_not_at_all(still: Page) -> None:
    drawn = placed(still, table(POSTS, page_size=2))
    names = drawn.locator("tbody th")
    posts = drawn.get_by_role("button", name="Posts")
    posts.click()
    expect(names).to_have_text(["Dune", "Fjord"])
    posts.click()
    expect(names).to_have_text(["Cinder", "Ember"])
    expect(drawn.locator("thead th").nth(1)).to_have_attribute("aria-sort", "descending")
    posts.click()
    expect(names).to_have_text(["Borealis", "Acme"])


def test_filtering_a_data_table_starts_again_at_its_first_page(still: Page) -> None:
    drawn = placed(still, table(POSTS, page_size=2))
    drawn.get_by_role("button", name="Next rows").click()
    drawn.get_by_role("searchbox", name="Filter Posts").fill("e")
    expect(drawn.get_by_role("status")).to_have_text("1–2 of 5")
    drawn.get_by_role("searchbox", name="Filter Posts").fill("zebra")
    expect(drawn.get_by_role("status")).to_have_text("No rows match")


def test_bars_stand_on_zero_and_point_their_way(still: Page) -> None:
    drawn = placed(still, chart("bar", [4, 8, -2], [1, 2, 3]))
    bars = drawn.locator("rect:not(.chart__sensor)")
    expect(bars).to_have_count(6)
    heights = [float(bar.get_attribute("height") or 0) for bar in bars.all()]
    assert heights[1] == pytest.approx(2 * heights[0])
    zero = float(drawn.locator(".chart__zero").get_attribute("y1") or 0)
    assert float(bars.nth(2).get_attribute("y") or 0) == pytest.approx(zero), "a loss hangs below"


@pytest.mark.parametrize(("kind", "shape"), [("line", ".chart__line"), ("area", ".chart__area")])
def test_each_series_has_its_line_and_its_key(still: Page, kind: str, shape: str) -> None:
    drawn = placed(still, chart(kind, [4, 8, 6], [1, 2, 3]))
    expect(drawn.locator(shape)).to_have_count(2)
    expect(drawn.locator(".chart__keys span")).to_have_text(["series 0", "series 1"])


def test_pointing_at_a_chart_tells_its_values_and_a_table_tells_them_to_those_who_listen(still: Page) -> None:
    drawn = placed(still, chart("line", [4, 8, 1234.5], [1, 2, 3]))
    drawn.locator(".chart__sensor").nth(2).hover()
    expect(drawn.locator(".chart__tip")).to_have_text("Wedseries 01,234.5series 13")
    rows = drawn.get_by_role("table", name="Posts").get_by_role("row")
    expect(rows).to_have_text(["Dayseries 0series 1", "Mon41", "Tue82", "Wed1,234.53"])


def test_a_pie_shares_itself_out_and_one_slice_is_all_of_it(still: Page) -> None:
    def pie(*values: int) -> dict[str, Any]:
        segments = [{"label": f"part {at}", "value": value} for at, value in enumerate(values)]
        return {"type": "data_visualization", "title": "Share", "chart": {"type": "pie", "segments": segments}}

    drawn = placed(still, pie(3, 1))
    expect(drawn.locator(".chart__share")).to_have_text(["75%", "25%"])
    drawn = placed(still, pie(5))
    expect(drawn.locator("circle")).to_have_count(1)
    expect(drawn.locator(".chart__share")).to_have_text("100%")


@pytest.mark.parametrize(
    ("values", "marks"),
    [([3, 12], [0, 5, 10, 15]), ([0], [0, 0.2]), ([-3, 8], [-5, 0, 5, 10]), ([0.02], [0, 0.005, 0.01, 0.015, 0.02])],
)
def test_an_axis_has_round_marks_that_hold_all_values(still: Page, values: list[float], marks: list[float]) -> None:
    found = still.evaluate("values => import('/static/js/plot.js').then((m) => m.ticks(values))", values)
    assert found == pytest.approx(marks)


def test_a_container_folds_and_refuses_what_it_may_not_hold(still: Page) -> None:
    closed = {
        "type": "container",
        "title": plain("Acme"),
        "is_collapsible": True,
        "default_collapsed": True,
        "child_blocks": [section("inside"), {"type": "hologram"}],
    }
    drawn = placed(still, closed)
    expect(drawn.get_by_text("inside")).to_be_hidden()
    drawn.get_by_role("button", name="Acme").click()
    expect(drawn.get_by_text("inside")).to_be_visible()
    expect(drawn.get_by_role("alert")).to_have_text("Unknown block “hologram”")


def test_a_carousel_moves_on_by_a_card(still: Page) -> None:
    cards = [{"type": "card", "block_id": f"card {at}", "title": mrkdwn(f"*{at}*")} for at in range(10)]
    drawn = placed(still, {"type": "carousel", "elements": cards})
    drawn.get_by_role("button", name="Next card").click()
    expect(drawn.get_by_text("0", exact=True)).not_to_be_in_viewport()


def test_a_plan_counts_what_is_done_and_opens_what_is_not(still: Page) -> None:
    def task(name: str, status: str) -> dict[str, Any]:
        line = {"type": "rich_text_section", "elements": [{"type": "text", "text": f"about {name}"}]}
        details = {"type": "rich_text", "elements": [line]}
        return {"type": "task_card", "task_id": name, "title": name, "status": status, "details": details}

    drawn = placed(
        still, {"type": "plan", "title": "Night", "tasks": [task("read", "complete"), task("send", "error")]}
    )
    expect(drawn.get_by_role("button", name="Night")).to_contain_text("1 of 2")
    expect(drawn.get_by_text("about read")).to_be_hidden()
    expect(drawn.get_by_text("about send")).to_be_visible()
    expect(drawn.get_by_role("img", name="Failed")).to_be_visible()


def test_a_button_for_somebody_else_is_not_there(still: Page) -> None:
    me = still.evaluate("import('/static/js/state.js').then((m) => m.state.me.id)")

    def trash(name: str, for_whom: str) -> dict[str, Any]:
        return {
            "type": "icon_button",
            "icon": "trash",
            "action_id": name,
            "text": plain(name),
            "visible_to_user_ids": [for_whom],
        }

    drawn = placed(still, {"type": "context_actions", "elements": [trash("mine", me), trash("theirs", "U0OTHER")]})
    expect(drawn.get_by_role("button")).to_have_count(1)
    expect(drawn.get_by_role("button", name="mine")).to_be_visible()


@pytest.mark.parametrize(
    ("written", "kinds"),
    [
        ("plain *bold* `code`", ["rich_text_section"]),
        ("- one\n- two\nafter", ["rich_text_list", "rich_text_section"]),
        ("> said\n> so\n1. first", ["rich_text_quote", "rich_text_list"]),
    ],
)
def test_what_is_written_becomes_rich_text_and_back(still: Page, written: str, kinds: list[str]) -> None:
    rich = still.evaluate("text => import('/static/js/richfield.js').then((m) => m.richOf(text))", written)
    assert [part["type"] for part in rich["elements"]] == kinds
    again = still.evaluate("rich => import('/static/js/richfield.js').then((m) => m.writtenOf(rich))", rich)
    assert again.replace("•", "-") == written


def test_marks_become_styles_and_nothing_written_is_null(still: Page) -> None:
    rich_of = "text => import('/static/js/richfield.js').then((m) => m.richOf(text))"
    assert still.evaluate(rich_of, "so *bold*!")["elements"][0]["elements"] == [
        {"type": "text", "text": "so "},
        {"type": "text", "text": "bold", "style": {"bold": True}},
        {"type": "text", "text": "!"},
    ]
    assert still.evaluate(rich_of, "  \n") is None


def test_a_small_picture_that_cannot_be_loaded_keeps_its_place_and_its_words(still: Page) -> None:
    picture = {"type": "image", "image_url": f"{still.url.split('?')[0]}files/none/x.png", "alt_text": "a face"}
    stage = placed(still, {"type": "context", "elements": [picture]}, section("A draft", accessory=picture))
    for shown in stage.locator("img").all():
        expect(shown).to_have_attribute("src", "/static/missing.svg")
        expect(shown).to_have_attribute("alt", "a face")


def test_a_long_word_stays_inside_home(still: Page) -> None:
    stage = placed(still, section("&amp;" * 2000))
    still.evaluate("document.querySelector('#stage').className = 'home__content'")
    assert stage.evaluate("(box) => box.scrollWidth <= box.clientWidth")
