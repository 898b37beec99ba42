"""The names under which Slack keeps pictures: "✅" is stored as ":white_check_mark:"."""

import re
from pathlib import Path

# The page draws names as pictures, here pictures become names: both from the page's one table.
_SCRIPT = Path(__file__).parents[1] / "static" / "js" / "emoji.js"
_PAIRS = [entry.split(" ") for entry in re.split(r"[|\n]", _SCRIPT.read_text().split("`")[1].strip())]
_NAMES = {picture: name for name, picture in reversed(_PAIRS)}
_PICTURE = re.compile("|".join(re.escape(picture) for picture in sorted(_NAMES, key=len, reverse=True)))
# Most texts hold none, and one glance tells. Keycaps begin with a plain digit, so they are known by their end.
_HINTS = re.compile("[" + "".join({picture[0] for picture in _NAMES if not picture[0].isascii()}) + "\u20e3]")


def named(text: str) -> str:
    """Pictures without a known name stay as they are."""
    if text.isascii() or not _HINTS.search(text):
        return text
    return _PICTURE.sub(lambda found: f":{_NAMES[found[0]]}:", text)
