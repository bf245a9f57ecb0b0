"""What the tests of alerts do with a floor that is watched."""

from collections import Counter
from collections.abc import Sequence

from schemas.instants import SECOND, Instant, parse_instant
from tests.support.floor import Floor, Read, Worker, fact, now
from tests.support.monitoring import Monitoring

OPEN = "max by (rep, state, team) (leadclock_rep_open_leads) > 0"
Open = dict[tuple[str, ...], float]
"""By rep, state and team: how many leads are open."""


class Watched:
    """A floor, its workers, and what is told of them.

    Attributes:
        floor: The app.
        told: Who watches it.
    """

    def __init__(self, floor: Floor, told: Monitoring, ports: Sequence[int]) -> None:
        """Begin with nobody at work.

        Args:
            floor: The app.
            told: Who watches it.
            ports: Where workers listen, one after the other.
        """
        self.floor = floor
        self.told = told
        self._ports = iter(ports)

    async def worker(self) -> Worker:
        """Start another worker, and wait until it is ready and scraped."""
        port = next(self._ports)
        worker = self.floor.worker(http_port=str(port))
        await worker.until_ready()
        up = f'up{{job="leadclock-reps", instance="127.0.0.1:{port}"}} == 1'
        await self.told.until(lambda: self.told.query(up), what=worker.log)
        return worker

    async def hand_off(self, lead_id: str, rep_id: str | None) -> Instant:
        """Hand a lead to a rep, and say when."""
        at = now()
        await self.floor.tell(fact("handed-off", lead_id, at, team_id="nord", rep_id=rep_id))
        return at

    async def call(self, lead_id: str, made_at: Instant | None = None) -> Instant:
        """Tell of a call as the dialer does, made now or before; say when it is told."""
        at = now()
        made_at = at if made_at is None else made_at
        how = {"channel": "call", "evidence": "system"}
        await self.floor.tell(fact("contact-attempt", lead_id, made_at, at, **how))
        return at

    async def confirmed(self, lead_id: str) -> Instant:
        """Wait until a lead's breach is confirmed, and say when it was."""

        def found(read: list[Read]) -> list[str]:
            told = [one.told for one in read if one.key == lead_id.encode()]
            return [one["detected_at"] for one in told if one["status"] == "confirmed"]

        read = await self.floor.until_read("speed-breaches", lambda read: bool(found(read)))
        return parse_instant(found(read)[0])

    async def statuses(self) -> dict[str, str]:
        """Give the last status of each lead's breach."""
        read = await self.floor.read("speed-breaches")
        return {one.told["lead_id"]: one.told["status"] for one in read}

    async def open_leads(self) -> Open:
        """Count from the topic alone who has how many open leads in which state."""
        last = {one.key: one for one in await self.floor.read("open-leads")}
        told = [one.told for one in last.values() if one.value is not None]
        found = Counter((one["rep_id"] or "", one["state"], one["team_id"]) for one in told)
        return {key: float(number) for key, number in found.items()}

    async def windows(self) -> dict[str, Open]:
        """Count from the topics alone, by rep, the leads of the window and what became of them."""
        last = {one.key: one for one in await self.floor.read("open-leads")}
        open_reps = [one.told["rep_id"] for one in last.values() if one.value is not None]
        verdicts = {
            one.told["verdict_id"]: one.told
            for one in await self.floor.read("sla-verdicts")
            if not one.told["lead_id"].startswith("synthetic:")
        }
        ended = [(one["rep_id"], one["outcome"]) for one in verdicts.values()]
        counted = {
            "leads": open_reps + [rep for rep, _ in ended],
            "answered": [rep for rep, outcome in ended if outcome in {"met", "met_late"}],
            "within_target": [rep for rep, outcome in ended if outcome == "met"],
        }
        return {
            name: {(rep,): float(number) for rep, number in Counter(reps).items()}
            for name, reps in counted.items()
        }

    async def until_equal(self) -> Open:
        """Wait until a scrape says what the topics say, and give who has how many open leads."""
        expected, windows = await self.open_leads(), await self.windows()

        def shown() -> dict[str, Open]:
            return {
                name: self.told.query(
                    f'max by (rep) (leadclock_rep_window_{name}{{window="7d"}}) > 0'
                )
                for name in windows
            }

        await self.told.until(lambda: self.told.query(OPEN) == expected, what=str(expected))
        await self.told.until(lambda: shown() == windows, what=f"{windows} {shown()}")
        return expected


def after(at: Instant, later: Instant) -> float:
    """Give the seconds between two instants."""
    return (later - at) / SECOND
