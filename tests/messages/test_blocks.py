import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages import blocks
from messages.slack import Slack

# What an attacker types, mixed with anything else that text can hold.
TRICKS = "<!channel> <@U1|x> <https://evil.test|bank> @here * _ ~ ` ``` &amp; &lt; > < | #ops"
nasty = st.lists(
    st.sampled_from([*TRICKS.split(), "\n", "\r\n", "\u2028", "\u202e", "\u200b", "\x00", "\ud800"])
    | st.text(max_size=5)
).map("".join)
TOKEN = re.compile(r"<[^<>]*>")
LOOSE_UNDERSCORE = re.compile("(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")


@given(nasty, st.integers(1, 80))
def test_text_from_outside_brings_no_token_no_mention_and_no_formatting(text: str, limit: int) -> None:
    safe = blocks.escape(text, limit)
    assert not set("<>*~`") & set(safe)
    assert LOOSE_UNDERSCORE.search(safe) is None
    assert re.search("@(here|channel|everyone)", safe, re.IGNORECASE) is None
    assert re.sub("&(amp|lt|gt);", "", safe).count("&") == 0


@given(nasty)
def test_text_from_outside_stays_on_its_line_and_shows_all_it_says(text: str) -> None:
    safe = blocks.escape(text, 10_000)
    assert len(safe.splitlines()) <= 1
    assert not re.search("[\u202a-\u202e\u200b\x00\ud800-\udfff]", safe)


@given(st.text("ab &<>@", max_size=40))
def test_people_read_what_was_written(text: str) -> None:
    shown = blocks.escape(text).replace("\u2060", "")
    for plain, entity in (("<", "&lt;"), (">", "&gt;"), ("&", "&amp;")):
        shown = shown.replace(entity, plain)
    assert shown == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("@acme_outdoor", "@acme_outdoor"),
        ("@acme_outdoor: new_reel_2", "@acme_outdoor: new_reel_2"),
        ("_both_ @_acme acme_ a__b é_è", "ˍbothˍ @ˍacme acmeˍ aˍˍb éˍè"),
        (":rotating_light: :white_check_mark:", ":rotatingˍlight: :whiteˍcheckˍmark:"),
        ("_a_b_", "ˍa_bˍ"),
        ("@here @Channel @every_one", "@\u2060here @\u2060Channel @every_one"),
    ],
)
def test_a_handle_is_copied_as_it_is_and_what_would_be_formatting_is_not(text: str, shown: str) -> None:
    assert blocks.escape(text) == shown


@given(nasty, st.integers(1, 200))
def test_every_line_of_a_quotation_is_quoted(text: str, limit: int) -> None:
    lines = blocks.quote(text, limit).split("\n")
    assert all(line.startswith(">") for line in lines)
    assert not any(set("<>*~`") & set(line[1:]) or LOOSE_UNDERSCORE.search(line) for line in lines)


@given(st.text(max_size=30), st.integers(1, 40))
def test_what_is_cut_is_short_enough_and_says_so(text: str, limit: int) -> None:
    shown = blocks.cut(text, limit)
    assert len(shown) <= limit
    assert shown == text if len(text) <= limit else shown.endswith("…")


@given(st.lists(st.sampled_from(["<!date^1^{time}|12:00 UTC>", "&amp;", "&lt;", "abc", " "])), st.integers(5, 120))
def test_long_text_is_never_cut_inside_a_token_or_an_entity(parts: list[str], limit: int) -> None:
    shown = blocks.mrkdwn("".join(parts), limit)["text"]
    assert len(shown) <= limit
    rest = TOKEN.sub("", shown)
    assert not set("<>") & set(rest)
    assert "&" not in re.sub("&(amp|lt);", "", rest)


def test_a_link_of_ours_is_a_link() -> None:
    assert blocks.link("https://x.test/p?a=1&b=2", "see <it>") == "<https://x.test/p?a=1&amp;b=2|see &lt;it&gt;>"


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "ftp://x.test", "https://x.test/|<!channel>", "https://x.test/ y", "https://", ""]
)
def test_what_is_no_web_address_is_no_link(url: str) -> None:
    assert blocks.link(url, "post") == "post"


def test_a_time_is_shown_in_the_readers_zone_and_in_utc_where_it_cannot() -> None:
    moment = datetime(2026, 3, 10, 9, 5, tzinfo=UTC)
    assert blocks.date(moment) == "<!date^1773133500^{time}|09:05 UTC>"
    assert blocks.date(moment, "{date_short} {time}") == "<!date^1773133500^{date_short} {time}|09:05 UTC>"


_LONG = "&<@x> word " * 2000
_BUTTON = blocks.button(_LONG, "a", "1", style="danger", confirm=blocks.confirm(_LONG, _LONG, _LONG, _LONG))


@pytest.mark.parametrize(
    "block",
    [
        blocks.header(_LONG),
        blocks.section(blocks.escape(_LONG, 20_000)),
        blocks.section("text", accessory=_BUTTON),
        blocks.fields(["x"] * 12),
        blocks.fields([blocks.escape(_LONG, 20_000)] * 4),
        blocks.context(*["x"] * 12),
        blocks.context(*[blocks.escape(_LONG, 20_000)] * 3),
        blocks.divider(),
        blocks.actions(*[blocks.button(_LONG, f"a{n}", "1") for n in range(30)]),
    ],
    ids=lambda block: str(block["type"]),
)
def test_slack_takes_every_block_however_much_it_is_given(slack: Slack, block: dict[str, Any]) -> None:
    assert slack.post("ops", blocks.Message("x", [block]), thread_ts=None, key="a")


def test_a_picture_waits_for_its_file_under_our_name_for_it() -> None:
    picture = blocks.picture("checkin:1", _LONG)
    assert picture["slack_file"] == {"id": "picture:checkin:1"}
    assert len(picture["alt_text"]) == blocks.MAX_ALT
