"""The seven spans of spec section 7.1, each with the attributes it is looked for by.

The canonical ids are on every span without being named here. Docs and services in other languages use the same names.
"""

from contextlib import AbstractContextManager

from opentelemetry.trace import Span

from telemetry.traces import span

_Opened = AbstractContextManager[Span]


def http_request(method: str, *, route: str | None = None) -> _Opened:
    """A request as the server sees it; `route` is the template, `/plans/{plan_id}`, once it is known."""
    return span("http.request", method=method, route=route)


def job_dequeue(queue: str, *, attempt: int, start_delay_ms: float) -> _Opened:
    """A job from the moment a runner took it; the delay counts from when it could have started."""
    return span("job.dequeue", queue=queue, attempt=attempt, start_delay_ms=start_delay_ms)


def agent_episode(agent: str, *, attempt: int = 1) -> _Opened:
    """An agent at work: planning, creating, publishing or engaging, as the lane among the ids says."""
    return span("agent.episode", agent=agent, attempt=attempt)


def tool_call(tool_id: str, *, attempt: int = 1) -> _Opened:
    """A tool called through the gateway."""
    return span("tool.call", tool_id=tool_id, attempt=attempt)


def browser_run(platform: str, action: str) -> _Opened:
    """A browser driven through the steps of one action."""
    return span("browser.run", platform=platform, action=action)


def platform_api(platform: str, operation: str) -> _Opened:
    """A call to the platform's own API."""
    return span("platform.api", platform=platform, operation=operation)


def post_verify(platform: str, *, post_url: str | None = None) -> _Opened:
    """A look at whether the post can be seen."""
    return span("post.verify", platform=platform, post_url=post_url)
