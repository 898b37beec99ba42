"""mrkdwn, rich text, Markdown and dates, drawn by the page's own modules."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page

from sandbox.slack.model import slack_id
from tests.sandbox.slack_page.parts import drawn

pytestmark = pytest.mark.slow

ANA, BEN = slack_id("U", "ana"), slack_id("U", "ben")
# 2026-02-02 02:40 in Lisbon, where Ana is, and the evening before in New York
EPOCH = 1770000000


def mrkdwn(page: Page, text: str) -> str:
    return drawn(page, "mrkdwn", "mrkdwn", text)


def words(html: str) -> str:
    return re.sub(r"<[^>]*>", "", html)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*bold* _italic_ ~strike~", "<b>bold</b> <i>italic</i> <s>strike</s>"),
        ("*_both_*, (*in brackets*)", "<b><i>both</i></b>, (<b>in brackets</b>)"),
        ("**two stars** stay", "**two stars** stay"),
        ("snake_case_name and 2*3*4", "snake_case_name and 2*3*4"),
        ("* spaced * and *open", "* spaced * and *open"),
        ("*not\nover lines*", "*not<br>over lines*"),
        ("`*code* &lt;b&gt;`", "<code>*code* &lt;b&gt;</code>"),
        ("```\na &amp;&amp; *b*\n  c\n```after", "<pre>a &amp;&amp; *b*\n  c</pre>after"),
        ("&gt; said *so*\nand on", "<blockquote>said <b>so</b></blockquote>and on"),
        (">>> all\nof it", "<blockquote>all<br>of it</blockquote>"),
        ("• one\n- two\n1. three", "• one<br>- two<br>1. three"),
        ("a\n\nb", 'a<span class="gap"></span>b'),
        ("&amp;lt; once", "&amp;lt; once"),
        ("1 &lt; 2 &amp; 3", "1 &lt; 2 &amp; 3"),
    ],
)
def test_mrkdwn_reads_as_slack_reads_it(still: Page, text: str, html: str) -> None:
    assert mrkdwn(still, text) == html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        '"><svg onload=alert(1)>',
    ],
)
def test_what_looks_like_markup_stays_text(still: Page, text: str) -> None:
    html = mrkdwn(still, text)
    assert not re.search(r"<(script|img|svg)", html)
    assert "alert(1)" in words(html)


def test_a_link_that_could_run_code_is_not_a_link(still: Page) -> None:
    assert "<a" not in mrkdwn(still, "<javascript:alert(1)|click me>")
    assert 'href="https://example.com/a?b=1&amp;c=2"' in mrkdwn(still, "<https://example.com/a?b=1&amp;c=2|here>")


def test_a_bare_address_is_linked_without_the_full_stop(still: Page) -> None:
    html = mrkdwn(still, "see https://example.com/a_b_c.")
    assert 'href="https://example.com/a_b_c"' in html
    assert words(html) == "see https://example.com/a_b_c."


@pytest.mark.parametrize(
    ("text", "shown", "to_me"),
    [
        (f"<@{ANA}>", "@Ana Silva", True),
        (f"<@{BEN}>", "@Ben Ode", False),
        ("<@U0UNKNOWN|zoe>", "@zoe", False),
        (f"<!subteam^{slack_id('S', 'oncall')}>", "@oncall", False),
        ("<!here>", "@here", True),
        (f"<#{slack_id('C', 'ops')}>", "#ops", False),
        ("<#C0UNKNOWN>", "#private-channel", False),
    ],
)
def test_mentions_show_names_and_stand_out_when_they_are_mine(still: Page, text: str, shown: str, to_me: bool) -> None:
    html = mrkdwn(still, text)
    assert words(html) == shown
    assert ("mention--me" in html) == to_me


def test_known_shortcodes_become_pictures_and_unknown_ones_stay(still: Page) -> None:
    assert (
        words(mrkdwn(still, ":white_check_mark: :+1::skin-tone-3: :acme-logo: 12:30:45"))
        == "✅ 👍🏼 :acme-logo: 12:30:45"
    )
    assert 'aria-label="white check mark emoji"' in mrkdwn(still, "✅")


def test_dates_are_told_in_the_readers_zone(still: Page) -> None:
    token = f"<!date^{EPOCH}^{{date_num}} {{time_secs}}|fallback>"
    assert words(mrkdwn(still, token)) == "2026-02-02 2:40:00 AM"
    assert words(mrkdwn(still, "<!date^nonsense^{time}|fallback>")) == "fallback"
    assert words(mrkdwn(still, f"<!date^{EPOCH}^{{era}}|fallback>")) == "fallback"
    shown = still.evaluate(
        f"import('/static/js/dates.js').then((m) => m.formatDate({EPOCH}, '{{date_num}} {{time}}', 'America/New_York'))"
    )
    assert shown == "2026-02-01 9:40 PM"


def test_today_is_called_today(still: Page) -> None:
    shown = still.evaluate(
        "import('/static/js/dates.js').then((m) => m.formatDate(Date.now() / 1000, 'Due {date_short_pretty}', 'UTC'))"
    )
    assert shown == "Due today"


def test_rich_text_lists_nest_by_indent(still: Page) -> None:
    def items(text: str, indent: int, style: str = "bullet") -> dict[str, Any]:
        leaf = {"type": "text", "text": text, "style": {"bold": True}}
        element = {"type": "rich_text_section", "elements": [leaf]}
        return {"type": "rich_text_list", "style": style, "indent": indent, "elements": [element]}

    html = drawn(
        still,
        "richtext",
        "richText",
        {"elements": [items("a", 0, "ordered"), items("b", 1), items("c", 0, "ordered")]},
    )
    bare = re.sub(r' (data-indent|start|class)="[^"]*"', "", html)
    assert bare == "<div><ol><li><b>a</b><ul><li><b>b</b></li></ul></li><li><b>c</b></li></ol></div>"


def test_the_markdown_block_reads_standard_markdown(still: Page) -> None:
    html = drawn(
        still,
        "markdown",
        "markdown",
        "# Title\n**bold** and *it*\n\n1. one\n   - in\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n<b>raw</b>",
    )
    bare = re.sub(r' (class|start|scope)="[^"]*"', "", html)
    assert "<h3>Title</h3><p><b>bold</b> and <i>it</i></p><ol><li>one<ul><li>in</li></ul></li></ol>" in bare
    assert "<th>a</th>" in bare
    assert "&lt;b&gt;raw&lt;/b&gt;" in bare


def test_an_unknown_block_says_so(still: Page) -> None:
    assert "Unknown block “hologram”" in words(drawn(still, "blocks", "blockNodes", [{"type": "hologram"}], {}))
