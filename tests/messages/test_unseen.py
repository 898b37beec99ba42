"""What nobody sees is taken out; names in the scripts of the world and emoji stay as they are written."""

import sys
import unicodedata

import pytest

from messages.blocks import escape, plain, visible
from messages.unseen import seen

SIGNS_THAT_ARE_SEEN = {*range(0x0600, 0x0606), 0x06DD, 0x070F, 0x0890, 0x0891, 0x08E2, 0x110BD, 0x110CD}


@pytest.mark.parametrize(
    ("hidden", "what"),
    [
        ("\u3164", "Hangul filler"),
        ("\u115f\u1160\uffa0", "the other Hangul fillers"),
        ("\u061c", "Arabic letter mark"),
        ("\u200e\u200f", "left-to-right and right-to-left marks"),
        ("\u202a\u202b\u202c\u202d\u202e", "bidi embeddings and overrides"),
        ("\u2066\u2067\u2068\u2069", "bidi isolates"),
        ("\u00ad", "soft hyphen"),
        ("\u200b\u2060\ufeff", "zero-width space, word joiner, byte order mark"),
        ("\u200c\u200d", "joiners between Latin letters"),
        ("\u034f", "combining grapheme joiner"),
        ("\u180e\u17b4", "Mongolian vowel separator, Khmer inherent vowel"),
        ("\u2800", "Braille blank"),
        ("\ufe0f\ufe00", "variation selectors after a letter"),
        ("\U000e0001\U000e0041\U000e007f", "tags, in which words can be hidden"),
        ("\U000e0100", "ideographic variation selector"),
        ("\0\ud800", "NUL and half a character"),
    ],
)
def test_what_nobody_sees_is_taken_out(hidden: str, what: str) -> None:
    for text in (f"Ac{hidden}me", f"{hidden}Acme{hidden}", hidden.join("Acme")):
        assert (escape(text), visible(text), plain(text)["text"]) == ("Acme", "Acme", "Acme"), what
    assert visible(hidden * 5) == ""


@pytest.mark.parametrize(
    "name",
    [
        "مقهى النخيل",
        "٪ ٥٠ خصم؟",
        "می‌خواهم نان",  # Persian keeps letters apart with a non-joiner
        "شرکت خانه‌های ایران",
        "קפה תל־אביב",
        "चाय की दुकान",
        "क्‍ष और क्‌ष",  # with and without the ligature
        "ශ්‍රී ලංකා තේ",
        "বাংলা র‍্যাব",
        "കോഫി ഹൗസ്",
        "김밥 천국",
        "東京ラーメン",
        "ร้านกาแฟ",
        "Ελλάδα · Київ · São Paulo · naïve",
        "👩‍💻 Code",
        "👩🏽‍🚀👨‍👩‍👧‍👦",
        "🏳️‍🌈 Bar ❤️‍🔥",
        "🧔‍♂️ ☎️ 1️⃣ #️⃣ ©️",
        "🇪🇸 Tapas",
    ],
)
def test_names_stay_as_they_are_written(name: str) -> None:
    assert (seen(name), visible(name), plain(name)["text"]) == (name, name, name)
    assert escape(name) == name


@pytest.mark.parametrize(
    "text", ["👩\u200d", "\u200d👩", "\ufe0f\u200d👩", "👩\u200d\u200d👩", "کا\u200c", "❤\ufe0f\ufe0f"]
)
def test_a_joiner_that_joins_nothing_goes(text: str) -> None:
    assert seen(text) == text.replace("\u200d", "").replace("\u200c", "").replace("\ufe0f", "") + "\ufe0f" * (
        "❤" in text
    )


def test_no_control_and_no_format_of_unicode_is_left_but_the_signs_that_are_seen() -> None:
    formats = {n for n in range(sys.maxunicode + 1) if unicodedata.category(chr(n)) in ("Cc", "Cf", "Cs")}
    left = {n for n in formats if seen(f"a{chr(n)}b") != "ab"}
    assert left == {ord("\t"), ord("\n"), *SIGNS_THAT_ARE_SEEN}
