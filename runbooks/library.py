"""The one-pagers of this folder as values. Which alert points to which page is left to the rules.

A page is Markdown with front matter and five headings (spec section 12), each over one list. Items hold words and
`code` alone, so that they read the same in a file, a message and a modal.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import frontmatter
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from pydantic import BaseModel, ConfigDict, ValidationError

HEADINGS = ("Symptoms", "Likely causes", "Immediate actions", "Rollback", "Prevention")


class RunbookError(ValueError):
    """A page that does not exist, or is not built as a page must be. Says which one and what to mend."""


@dataclass(frozen=True)
class Runbook:
    """One failure mode on one page. The first three `actions` are short enough to stand beside an alert."""

    slug: str
    title: str
    summary: str
    tiers: tuple[str, ...]
    alerts: tuple[str, ...]
    symptoms: tuple[str, ...]
    causes: tuple[str, ...]
    actions: tuple[str, ...]
    rollback: tuple[str, ...]
    prevention: tuple[str, ...]


class _FrontMatter(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    summary: str
    tiers: tuple[str, ...]
    alerts: tuple[str, ...]


def runbook(slug: str) -> Runbook:
    """The page of that name; `RunbookError` when there is none."""
    found = {page.slug: page for page in runbooks()}
    if slug not in found:
        raise RunbookError(f"there is no runbook '{slug}', only {', '.join(found)}")
    return found[slug]


@cache
def runbooks() -> tuple[Runbook, ...]:
    """Every page, by name."""
    pages = sorted((page for page in files(__package__).iterdir() if page.name.endswith(".md")), key=lambda p: p.name)
    return tuple(parse(page.name.removesuffix(".md"), page.read_text(encoding="utf-8")) for page in pages)


def parse(slug: str, text: str) -> Runbook:
    """The page written in `text`; `RunbookError` names the page and what is wrong with it."""
    page = frontmatter.loads(text)
    try:
        head = _FrontMatter.model_validate(page.metadata)
    except ValidationError as error:
        problems = "; ".join(f"{each['loc'][0]}: {each['msg']}" for each in error.errors())
        raise RunbookError(f"{slug}.md, front matter: {problems}") from None
    symptoms, causes, actions, rollback, prevention = _sections(slug, page.content)
    return Runbook(
        slug,
        **head.model_dump(),
        symptoms=symptoms,
        causes=causes,
        actions=actions,
        rollback=rollback,
        prevention=prevention,
    )


def _sections(slug: str, body: str) -> list[tuple[str, ...]]:
    blocks = SyntaxTreeNode(MarkdownIt().parse(body)).children
    headings = [block.children[0].content for block in blocks if block.type == "heading"]
    if missing := [wanted for wanted in HEADINGS if wanted not in headings]:
        raise RunbookError(f"{slug}.md: heading missing: {', '.join(missing)}")
    if headings != list(HEADINGS):
        raise RunbookError(f"{slug}.md: the headings must be {', '.join(HEADINGS)}, in this order and no others")
    lists = blocks[1::2]
    wanted_kinds = ["ordered_list" if each == "Immediate actions" else "bullet_list" for each in HEADINGS]
    if [block.type for block in lists] != wanted_kinds or len(blocks) != 2 * len(HEADINGS):
        raise RunbookError(f"{slug}.md: under each heading stands one list, numbered under Immediate actions")
    return [tuple(_words(slug, item) for item in each.children) for each in lists]


def _words(slug: str, item: SyntaxTreeNode) -> str:
    inlines = [node for node in item.walk() if node.type == "inline"]
    kinds = {part.type for inline in inlines for part in inline.children}
    text = " ".join(inline.content for inline in inlines).replace("\n", " ")
    if len(inlines) != 1 or not kinds <= {"text", "code_inline", "softbreak"}:
        raise RunbookError(f"{slug}.md: an item is one paragraph of words and `code`: {text[:60]}")
    return text
