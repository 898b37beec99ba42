"""From a chart to the bytes of a PNG, in the process that has matplotlib.

matplotlib costs half a second and 60 MB, so it is imported in these functions and called only where that is paid for:
the worker process and tests. Figure and canvas are made directly: pyplot would keep every figure for ever.
"""

import io
import warnings
from typing import TYPE_CHECKING

from .chart import Chart
from .style import BODY, INK, PAPER

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(chart: Chart) -> bytes:
    """The chart as a PNG of its `size`."""
    png = io.BytesIO()
    painted(chart).savefig(png, format="png", pil_kwargs={"compress_level": 2})
    return png.getvalue()


def painted(chart: Chart) -> "Figure":
    """The chart's figure with everything on it. One point is one pixel, so that sizes in `style.py` are pixels."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    warnings.filterwarnings("ignore", message="Glyph .* missing from")
    mpl.rcdefaults()
    mpl.rc("font", family="DejaVu Sans", size=BODY)
    mpl.rc("text", color=INK, parse_math=False)  # a client named "A$AP & $ons" is a name, not a formula
    figure = Figure(figsize=(chart.size[0] / 72, chart.size[1] / 72), dpi=72, facecolor=PAPER)
    FigureCanvasAgg(figure)
    chart.paint(figure)
    return figure
