"""The board as a picture for a terminal, drawn to fit the size it finds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.layout import Layout
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from schemas.instants import MINUTE, SECOND, Micros
from streams.board.marks import (
    AMBER,
    BLUE,
    BREACH_MARKS,
    FRESH,
    GREY,
    LEAD_MARKS,
    NO_DATA,
    OLD,
    STALE,
    Mark,
)
from streams.board.view import BoardView, BreachRow, DueRow, OwnerRow
from streams.board.wording import NOTHING, age, date_time_of, length, share, time_of

OLD_AFTER: Final[Micros] = MINUTE
STALE_AFTER: Final[Micros] = 10 * MINUTE

_TOTALS_HEIGHT: Final = 4
_FRAME: Final = 3
"""Border above, column titles, border below."""
_LEAST: Final = _FRAME + 1
_ROWS: Final = 8
"""Of what is due next are shown at least, also where there are fewer owners."""
_MOST_SHARE: Final = (14, 25)
"""Of the height below the totals: so much at most is for teams and what is due."""
_OWNERS_TITLE: Final = "Teams and reps (business time; answer, depth: today)"
_OWNERS_COLUMNS: Final = (
    *(("open", 4), ("risk", 4), ("late", 4), ("waits", 5)),
    *(("next due", 8), ("answer", 6), ("depth", 5)),
)
_OWNERS_SHARE: Final = (63, 100)
"""Of the width: teams and reps beside what is due next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A view, ready for rich.

    Attributes:
        title: What is shown, such as ``demo: a simulated floor``.
        zone: Of the wall times; None: that of the machine.
    """

    view: BoardView
    title: str = ""
    zone: tzinfo | None = None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw into the height there is: as much for the middle as its rows need, if there is."""
        height = options.height or console.height
        below = max(2 * _LEAST, height - 1 - _TOTALS_HEIGHT)
        share_of, whole = _MOST_SHARE
        wanted = _FRAME + max(len(self.view.owners), _ROWS)
        middle = max(_LEAST, min(wanted, below * share_of // whole))
        part, full = _OWNERS_SHARE
        owners_width = options.max_width * part // full
        layout = Layout()
        layout.split_column(
            Layout(self._headline(options.max_width), size=1),
            Layout(Panel(self._totals(), border_style=GREY, padding=(0, 1)), size=_TOTALS_HEIGHT),
            Layout(name="middle", size=middle),
            Layout(self._breaches(below - middle - _FRAME)),
        )
        layout["middle"].split_row(
            Layout(self._owners(middle - _FRAME), size=owners_width),
            Layout(self._due(middle - _FRAME)),
        )
        yield layout

    def _headline(self, width: int) -> Text:
        line = Text("", no_wrap=True, overflow="ellipsis")
        line.append("LEADCLOCK", style="bold").append(f"  {self.title}" if self.title else "")
        freshness = _freshness(self.view.data_age)
        right = Text(f"{date_time_of(self.view.now, self.zone)}   ")
        right.append_text(freshness)
        line.truncate(max(0, width - right.cell_len - 1), overflow="ellipsis")
        line.append(" " * max(1, width - line.cell_len - right.cell_len))
        return line.append_text(right)

    def _totals(self) -> Group:
        view = self.view
        if view.data_age is None:
            return Group(_marked(NO_DATA), Text("waiting for the first record", style=GREY))
        statuses = [
            Text.assemble(_marked(mark), f" {view.breaches_by_status.get(status, 0)}")
            for status, mark in BREACH_MARKS.items()
        ]
        states = [
            Text.assemble(_marked(mark), (f" {view.states.get(state, 0)}", "bold"))
            for state, mark in LEAD_MARKS.items()
        ]
        first = [
            Text.assemble("open leads ", (str(view.open), "bold")),
            *states,
            Text.assemble(
                "attainment ", (share(view.attainment.met, view.attainment.ended), "bold")
            ),
        ]
        if view.unreadable:
            first.append(Text(f"? unreadable {view.unreadable}", style=AMBER))
        return Group(_spaced(first), _spaced([Text("breaches so far"), *statuses]))

    def _owners(self, rows: int) -> Panel:
        table = _table()
        table.add_column("team / rep", overflow="ellipsis", no_wrap=True)
        for title, width in _OWNERS_COLUMNS:
            table.add_column(title, justify="right", min_width=width, no_wrap=True)
        shown, left = _fitting(self.view.owners, rows)
        for row in shown:
            table.add_row(*self._owner_cells(row))
        if left:
            table.add_row(Text(f"and {left} more", style=GREY))
        return self._panel(_OWNERS_TITLE, table, empty="nobody has a lead")

    @property
    def _summed_up(self) -> set[str | None]:
        return {row.owner.team for row in self.view.owners if row.is_whole_team}

    def _owner_cells(self, row: OwnerRow) -> tuple[Text, ...]:
        is_inside = row.owner.team in self._summed_up and not row.is_whole_team
        name = f"· {row.owner.rep or 'queue'}" if is_inside else str(row.owner)
        style = "bold" if row.is_whole_team else ""
        return (
            Text(name, style=style),
            Text(str(row.open), style=style),
            _counted(LEAD_MARKS["at_risk"], row.at_risk),
            _counted(LEAD_MARKS["breached"], row.breached),
            Text(length(row.waited)),
            Text(length(row.left)),
            Text(NOTHING if row.response is None else length(round(row.response * SECOND))),
            Text(NOTHING if row.depth is None else f"{row.depth:.1f}"),
        )

    def _due(self, rows: int) -> Panel:
        table = _table()
        table.add_column("due in", justify="right", min_width=7, no_wrap=True)
        table.add_column("lead", overflow="ellipsis", no_wrap=True)
        table.add_column("whose", overflow="ellipsis", no_wrap=True)
        for row in self.view.due[:rows]:
            table.add_row(*_due_cells(row))
        left = self.view.left
        title = "Due next" if left is None else f"Due next, in {length(left)}"
        return self._panel(title, table, empty="nothing is due")

    def _breaches(self, rows: int) -> Panel:
        table = _table()
        table.add_column("status", min_width=13)
        table.add_column("lead", overflow="ellipsis", no_wrap=True)
        table.add_column("team / rep", overflow="ellipsis", no_wrap=True)
        table.add_column("commitment", overflow="ellipsis", no_wrap=True)
        table.add_column("due", justify="right", min_width=8)
        table.add_column("overdue", justify="right", min_width=8)
        table.add_column("", overflow="ellipsis", no_wrap=True)
        for row in self.view.breaches[: max(0, rows)]:
            table.add_row(*self._breach_cells(row))
        return self._panel("Breaches, latest first", table, empty="no breach so far")

    def _breach_cells(self, row: BreachRow) -> tuple[Text, ...]:
        return (
            _marked(row.mark),
            Text(row.lead),
            Text(str(row.owner)),
            Text(row.commitment),
            Text(time_of(row.due_at, now=self.view.now, zone=self.zone)),
            Text(length(row.overdue)),
            Text(row.note.replace("_", " "), style=GREY),
        )

    def _panel(self, title: str, table: Table, *, empty: str) -> Panel:
        if table.row_count:
            return Panel(table, title=title, title_align="left", border_style=GREY, padding=(0, 1))
        # An empty floor and a board that hears nothing must not look alike.
        text = _marked(NO_DATA) if self.view.data_age is None else Text(empty, style=GREY)
        return Panel(text, title=title, title_align="left", border_style=GREY, padding=(0, 1))


def _freshness(data_age: Micros | None) -> Text:
    if data_age is None:
        return _marked(NO_DATA)
    mark = FRESH if data_age < OLD_AFTER else OLD if data_age < STALE_AFTER else STALE
    return Text(f"{mark.symbol} data {age(data_age)} old", style=mark.colour)


def _marked(mark: Mark) -> Text:
    return Text(str(mark), style=mark.colour)


def _counted(mark: Mark, number: int) -> Text:
    return Text(f"{mark.symbol} {number}", style=mark.colour) if number else Text("0")


def _due_cells(row: DueRow) -> tuple[Text, ...]:
    when = "now" if row.left == 0 else length(row.left)
    return (
        Text.assemble((row.mark.symbol, row.mark.colour), (f" {when}", "bold")),
        Text(row.lead),
        Text(row.owner.rep or row.owner.team or "nobody"),
    )


def _table() -> Table:
    return Table(
        box=None,
        expand=True,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        header_style=BLUE,
        show_edge=False,
    )


def _fitting(rows: tuple[OwnerRow, ...], space: int) -> tuple[tuple[OwnerRow, ...], int]:
    if len(rows) <= space:
        return rows, 0
    kept = max(0, space - 1)
    return rows[:kept], len(rows) - kept


def _spaced(parts: Iterable[Text]) -> Text:
    line = Text("   ").join(parts)
    line.no_wrap = True
    line.overflow = "ellipsis"
    return line
