from collections.abc import Callable, Iterator

import pytest
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.text import Text

from charts import Renderer


@pytest.fixture(scope="session")
def renderer() -> Iterator[Renderer]:
    with Renderer() as renderer:
        yield renderer


@pytest.fixture
def texts() -> Callable[[Figure], list[str]]:
    def of(figure: Figure) -> list[str]:
        return [words for text in figure.findobj(Text) if (words := text.get_text())]

    return of


@pytest.fixture
def heights() -> Callable[[Axes, str], list[float]]:
    def of(axes: Axes, label: str) -> list[float]:
        bars = next(c for c in axes.containers if isinstance(c, BarContainer) and c.get_label() == label)
        return [float(patch.get_height()) for patch in bars]

    return of
