"""Blocks the tests post, and what they ask of the page's own modules."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page

Opener = Callable[..., Page]


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def section(text: str, **rest: Any) -> dict[str, Any]:
    return {"type": "section", "text": mrkdwn(text), **rest}


def button(text: str, action_id: str, **rest: Any) -> dict[str, Any]:
    return {"type": "button", "action_id": action_id, "text": plain(text), "value": "42", **rest}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "block_id": "item", "elements": list(elements)}


def field(block_id: str, element: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {"type": "input", "block_id": block_id, "label": plain(block_id), "element": element, **rest}


def options(*values: str) -> list[dict[str, Any]]:
    return [{"text": plain(value), "value": value} for value in values]


def drawn(page: Page, module: str, function: str, *given: Any) -> str:
    """The HTML that one of the page's functions makes, in the page that knows the workspace."""
    html: str = page.evaluate(
        """async ([module, name, given]) => {
          const made = (await import(`/static/js/${module}.js`))[name](...given);
          const box = document.createElement("div");
          box.append(...[made].flat(Infinity));
          return box.innerHTML;
        }""",
        [module, function, list(given)],
    )
    return html


def placed(page: Page, *blocks: dict[str, Any]) -> Locator:
    """These blocks on the page, alone in a box of a message's width, where they can be used but reach no app."""
    page.evaluate(
        """async (blocks) => {
          const { blockNodes } = await import("/static/js/blocks.js");
          const { surface } = await import("/static/js/surface.js");
          document.querySelector("#stage")?.remove();
          const stage = Object.assign(document.createElement("div"), { id: "stage" });
          stage.style.cssText = "position:fixed;inset:0;overflow:auto;background:var(--page)";
          stage.append(...blockNodes(blocks, surface({})));
          document.body.append(stage);
        }""",
        list(blocks),
    )
    return page.locator("#stage")
