"""Hands on a web page: real Chromium where there is one, else a plain reader of HTML over HTTP.

Both know the same few movements. What is done with them is `browser`'s business.
"""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from html.parser import HTMLParser
from importlib.util import find_spec
from typing import Any, Protocol

import httpx

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
# One small browser on a machine that has other things to do, and that never calls home.
_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--renderer-process-limit=1",
)
_STEP_SECONDS = 2.5
_LOAD_SECONDS = 8.0


class NotThere(Exception):
    """Nothing on the page answers to the selector, or what it led to did not come in time."""


class Page(Protocol):
    """A page under the hands; a selector is an element's id, `#composer-text`. All but `open` may raise NotThere."""

    def open(self, url: str) -> int:
        """The HTTP status; 0 when there was no answer."""

    def sees(self, selector: str) -> bool:
        """Without waiting."""

    def fill(self, selector: str, text: str) -> None: ...

    def click(self, selector: str) -> None: ...

    def link(self, selector: str) -> str:
        """Where the element leads."""

    def screenshot(self) -> bytes | None:
        """A PNG, where there is something to see."""


class Hands(Protocol):
    name: str

    def page(self, profile: str, headers: Mapping[str, str]) -> AbstractContextManager[Page]:
        """A page with the cookies of this profile, which are kept for the next."""

    def close(self) -> None: ...


def chromium() -> str | None:
    """The program, where it can be run and Playwright, a tool of development, is there to drive it."""
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    return program if program and find_spec("playwright") else None


def hands() -> Hands:
    """The best there are on this machine. Chromium's must be used by the thread that asked for them."""
    program = chromium()
    return Chromium(program) if program else PlainHttp()


class Chromium:
    """One browser for all profiles; a profile is nothing but its cookies."""

    def __init__(self, program: str) -> None:
        from playwright.sync_api import sync_playwright

        self.name = "chromium"
        self._program = program
        self._profiles: dict[str, Any] = {}
        self._playwright = sync_playwright().start()
        self._browser = self._launched()

    def _launched(self) -> Any:
        return self._playwright.chromium.launch(
            executable_path=self._program, args=_FLAGS, chromium_sandbox=False, timeout=30_000
        )

    @contextmanager
    def page(self, profile: str, headers: Mapping[str, str]) -> Iterator[Page]:
        if not self._browser.is_connected():  # it has crashed
            self._browser = self._launched()
        context = self._browser.new_context(
            storage_state=self._profiles.get(profile),
            extra_http_headers=dict(headers),
            viewport={"width": 640, "height": 760},
        )
        context.set_default_timeout(_STEP_SECONDS * 1000)
        context.set_default_navigation_timeout(_LOAD_SECONDS * 1000)
        try:
            yield _ChromiumPage(context.new_page())
            self._profiles[profile] = context.storage_state()
        finally:
            context.close()

    def close(self) -> None:
        self._browser.close()
        self._playwright.stop()


class _ChromiumPage:
    def __init__(self, page: Any) -> None:
        self._page = page

    def open(self, url: str) -> int:
        from playwright.sync_api import Error

        try:
            answer = self._page.goto(url, wait_until="domcontentloaded")
        except Error:
            return 0
        return answer.status if answer else 0

    def sees(self, selector: str) -> bool:
        return bool(self._page.locator(selector).count())

    def fill(self, selector: str, text: str) -> None:
        with _patient():
            self._page.fill(selector, text)

    def click(self, selector: str) -> None:
        with _patient(), self._page.expect_navigation(wait_until="domcontentloaded"):
            self._page.click(selector)

    def link(self, selector: str) -> str:
        with _patient():
            return str(self._page.get_attribute(selector, "href"))

    def screenshot(self) -> bytes | None:
        with _patient():
            return bytes(self._page.screenshot(animations="disabled"))


@contextmanager
def _patient() -> Iterator[None]:
    from playwright.sync_api import Error

    try:
        yield
    except Error as problem:
        raise NotThere(problem.message.splitlines()[0]) from problem


class PlainHttp:
    """Reads forms out of HTML and sends them; what a page's scripts would do, it does not see."""

    name = "plain http"

    def __init__(self) -> None:
        self._profiles: dict[str, httpx.Client] = {}

    @contextmanager
    def page(self, profile: str, headers: Mapping[str, str]) -> Iterator[Page]:
        client = self._profiles.get(profile)
        if client is None:
            client = httpx.Client(follow_redirects=True, timeout=_LOAD_SECONDS, trust_env=False)
            self._profiles[profile] = client
        client.headers.update(headers)
        yield _PlainPage(client)

    def close(self) -> None:
        for client in self._profiles.values():
            client.close()


class _PlainPage:
    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._url = httpx.URL()
        self._form = _Form()

    def open(self, url: str) -> int:
        return self._show("GET", url)

    def _show(self, method: str, url: str, **more: Any) -> int:
        try:
            answer = self._client.request(method, url, **more)
        except httpx.HTTPError:
            return 0
        self._url, self._form = answer.url, _Form()
        self._form.feed(answer.text)
        return answer.status_code

    def sees(self, selector: str) -> bool:
        return selector in self._form.elements

    def fill(self, selector: str, text: str) -> None:
        self._form.fields[self._element(selector)["name"]] = text

    def click(self, selector: str) -> None:
        self._element(selector)
        if not self._show("POST", str(self._url.join(self._form.action)), data=self._form.fields):
            raise NotThere(f"no answer after {selector}")

    def link(self, selector: str) -> str:
        return self._element(selector)["href"]

    def screenshot(self) -> bytes | None:
        return None

    def _element(self, selector: str) -> dict[str, str]:
        if selector not in self._form.elements:
            raise NotThere(selector)
        return self._form.elements[selector]


class _Form(HTMLParser):
    """The elements of a page that have an id, and its one form."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: dict[str, dict[str, str]] = {}
        self.fields: dict[str, str] = {}
        self.action = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = own["action"]
        if "id" in own:
            self.elements[f"#{own['id']}"] = own
        if "name" in own and tag in ("input", "textarea"):
            self.fields[own["name"]] = own.get("value", "")
