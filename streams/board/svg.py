"""A picture of the board as SVG that asks no other host for anything."""

import io
import re
from typing import Final

from rich.console import Console

from streams.board.picture import Picture

WIDTH: Final = 100
HEIGHT: Final = 30
# The exporter links web fonts; any monospace font will do, for each run of
# characters carries its own length.
_FONT_FACE: Final = re.compile(r"@font-face\s*\{[^}]*\}\s*")
_COMMENT: Final = re.compile(r"<!--.*?-->\s*", re.DOTALL)


def svg_of(picture: Picture) -> str:
    """Draw a picture of 100 columns and 30 rows; equal pictures give equal bytes."""
    console = Console(
        record=True,
        width=WIDTH,
        height=HEIGHT,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
    )
    console.print(picture, height=HEIGHT)
    drawn = console.export_svg(title="leadclock board", unique_id="leadclock-board")
    return _COMMENT.sub("", _FONT_FACE.sub("", drawn))
