"""How the creator mends a caption that came back: it cuts before what was doubted, or the end, and closes anew."""

import re

_SENTENCES = re.compile(r"(?<=[.!?])\s+")
_QUOTED = re.compile("“(.+?)”")
_CLOSINGS = ("Tell us what you think.", "Save this for later.", "More in the link.")


def reworked(text: str, risk: str | None, version: int) -> tuple[str, str | None]:
    """The caption of this version, and the risk that is left: none once the words that it quotes are gone."""
    sentences = _SENTENCES.split(text)
    quoted = _QUOTED.search(risk or "")
    claim = quoted[1] if quoted and quoted[1] in text else None
    doubted = next((n for n, sentence in enumerate(sentences) if claim and claim in sentence), 0)
    kept = sentences[: doubted or max(len(sentences) - 1, 1)]
    changed = " ".join([*kept, _CLOSINGS[version % len(_CLOSINGS)]])
    return changed, None if claim and claim not in changed else risk
