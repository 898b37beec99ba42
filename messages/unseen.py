"""Takes out of a text what nobody sees: controls, fillers, what turns the direction. What scripts and emoji need stays.

https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point, the controls, halves of characters, and the blank
of Braille. Kept are marks that are seen although they are formats, as the Arabic signs round a number.
"""

import re

_ALWAYS = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u2800\u3164\ud800-\udfff\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# From Arabic over the scripts of India to Mongolian and, beyond the first plane, to Adlam: there letters are joined or
# kept apart. Symbols are joined to one emoji. Elsewhere a joiner only makes two names of one.
_JOINING = "\u0600-\u18af\u2190-\u2bff\U00010a00-\U00011fff\U0001e900-\U0001faff"
# What may be shown as text or as emoji, and says which.
_EITHER = "#*0-9\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
# The characters come first and what stood before them after: to look back from every place takes five times as long.
_LOOSE = re.compile(
    f"[\u200c\u200d](?:(?<![{_JOINING}].)(?<![{_EITHER}]\ufe0f.)|(?![{_JOINING}]))|[\ufe0e\ufe0f](?<![{_EITHER}].)",
    re.DOTALL,
)


def seen(text: str) -> str:
    """The text without what nobody sees; tabs and line ends stay."""
    return _LOOSE.sub("", _ALWAYS.sub("", text))
