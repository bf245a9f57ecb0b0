"""Teams and reps on the board: what is open of each now, and what each has done today."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from schemas.instants import Instant
from streams.board.agreement import Agreement
from streams.board.ledgers import OpenEntry, Worked
from streams.board.view import Owner, OwnerRow

AT_RISK = "at_risk"


@dataclass(slots=True)
class _Of:
    """What there is of one owner."""

    entries: list[OpenEntry] = field(default_factory=list)
    worked: Worked = field(default_factory=Worked)

    def add(self, other: "_Of") -> None:
        self.entries += other.entries
        self.worked += other.worked


def owner_rows(
    entries: Iterable[OpenEntry],
    scorecards: Iterable[tuple[tuple[str, str | None], Worked]],
    seen: Collection[tuple[str | None, str | None]],
    agreement: Agreement,
    now: Instant,
) -> tuple[OwnerRow, ...]:
    """Give the rows of all owners.

    Args:
        entries: Open leads.
        scorecards: Team and rep, as they may be shown, and what was done today.
        seen: Everybody who ever had a lead keeps a row.
        agreement: Says who is shown how, and when a team works.
        now: The instant that waits and countdowns are measured against.
    """
    owners: defaultdict[Owner, _Of] = defaultdict(_Of)
    for team_id, rep_id in seen:
        owners[agreement.owner(team_id, rep_id)].add(_Of())
    for entry in entries:
        owners[agreement.owner(entry.team_id, entry.rep_id)].entries.append(entry)
    for (team_id, name), worked in scorecards:
        owners[agreement.named(team_id, name)].add(_Of(worked=worked))
    teams: defaultdict[str | None, dict[Owner, _Of]] = defaultdict(dict)
    for owner in sorted(owners, key=lambda one: (one.team or "", one.rep or "")):
        teams[owner.team][owner] = owners[owner]
    rows = []
    for team_id, members in teams.items():
        if team_id is not None and agreement.shows_reps:
            whole = _Of()
            for one in members.values():
                whole.add(one)
            rows.append(_row(Owner(team=team_id, rep=None), whole, agreement, now, is_whole=True))
        rows += [_row(owner, one, agreement, now) for owner, one in members.items()]
    return tuple(rows)


def _row(
    owner: Owner, of: _Of, agreement: Agreement, now: Instant, *, is_whole: bool = False
) -> OwnerRow:
    entries, between = of.entries, agreement.between
    # A wait may begin only with the next opening.
    waits = [
        between(one.team_id, one.waits_since, now)
        for one in entries
        if one.waits_since is not None and one.waits_since <= now
    ]
    dues = [
        between(one.team_id, now, one.next_due_at) for one in entries if one.next_due_at is not None
    ]
    return OwnerRow(
        owner=owner,
        is_whole_team=is_whole,
        open=len(entries),
        at_risk=sum(one.state == AT_RISK for one in entries),
        breached=sum(one.breached for one in entries),
        waited=max(waits, default=None),
        left=min(dues, default=None),
        response=of.worked.response,
        depth=of.worked.depth,
    )
