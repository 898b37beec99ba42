"""Rich text, as in https://docs.slack.dev/reference/block-kit/blocks/rich-text-block."""

from sandbox.slack.block_kit.objects import ID, LINK, URL
from sandbox.slack.block_kit.schema import Check, array, enum, flag, integer, record, string, typed

STYLE = {"style": record(optional=dict.fromkeys(("bold", "italic", "strike", "code", "underline"), flag))}

LEAFS: dict[str, Check] = {
    "text": record({"text": string(40_000)}, STYLE),
    "link": record({"url": LINK}, STYLE | {"text": string(3000), "unsafe": flag}),
    "user": record({"user_id": ID}, STYLE),
    "usergroup": record({"usergroup_id": ID}, STYLE),
    "channel": record({"channel_id": ID}, STYLE),
    "emoji": record({"name": ID}, STYLE | {"unicode": ID, "url": URL}),
    "date": record(
        {"timestamp": integer(0, 9_999_999_999), "format": ID}, {"url": URL, "fallback": string(3000)} | STYLE
    ),
    "broadcast": record({"range": enum("here", "channel", "everyone")}, STYLE),
    "color": record({"value": string(7, pattern="#[0-9A-Fa-f]{6}")}, STYLE),
    "team": record({"team_id": ID}, STYLE),
}

LINE = array(typed(LEAFS), 0, 1000)
CODE = array(typed(LEAFS, frozenset({"text", "link"})), 0, 1000)
BORDER = {"border": enum(0, 1)}
SECTION = record({"elements": LINE})

PARTS: dict[str, Check] = {
    "rich_text_section": SECTION,
    "rich_text_list": record(
        {"style": enum("bullet", "ordered"), "elements": array(typed({"rich_text_section": SECTION}), 1, 1000)},
        {"indent": integer(0, 8), "offset": integer(0, 1_000_000)} | BORDER,
    ),
    "rich_text_quote": record({"elements": LINE}, BORDER),
    "rich_text_preformatted": record({"elements": CODE}, BORDER | {"language": ID}),
}

RICH_TEXT = record({"elements": array(typed(PARTS), 1, 1000)}, {"block_id": ID})
