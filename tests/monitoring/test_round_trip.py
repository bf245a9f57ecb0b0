"""From a fact on a topic to a message of Alertmanager's: real programs, looking each second."""

import asyncio
import subprocess

import pytest

from schemas.instants import SECOND
from streams.runtime.wall import wall_now
from tests.monitoring.watched import Watched, after
from tests.support.broker import free_ports
from tests.support.monitoring import KEEP_SECONDS, service

pytestmark = [pytest.mark.monitoring, pytest.mark.timeout(180)]

WITHIN_SECONDS = 5.0
REPS = ("anna", "ben", "carla", "dora")
PORTS = {"prometheus": 9090, "alertmanager": 9093}
FLOOR = "LeadclockRepBreached"
PIPELINE = "LeadclockNoWorkers"
OF_EACH = "sum by (rep) (max by (team, rep, state) (leadclock_rep_open_leads{rep!=''}))"


async def test_a_breach_is_told_in_time_and_taken_back(
    watched: Watched, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three breaches are told within five seconds; a call ends one, a late fact another."""
    await watched.worker()
    begun = {rep: await watched.hand_off(f"L-{rep}", rep) for rep in REPS[:3]}
    took = []
    for rep in begun:
        confirmed_at = await watched.confirmed(f"L-{rep}")
        notice = await watched.told.until_told("firing", alertname=FLOOR, rep=rep, team="nord")
        took.append(after(confirmed_at, notice.at))
    called_at = await watched.call("L-anna")
    await watched.call("L-ben", made_at=begun["ben"] + SECOND)
    ended = [await watched.told.until_told("resolved", rep=rep) for rep in ("anna", "ben")]

    with capsys.disabled():
        told = ", ".join(f"{one:.2f}" for one in took)
        print(f"\nseconds from a confirmed breach to the webhook: {told}")  # noqa: T201
    assert max(took) <= WITHIN_SECONDS
    assert await watched.statuses() == {
        "L-anna": "resolved",
        "L-ben": "retracted",
        "L-carla": "confirmed",
    }
    assert max(after(called_at, one.at) for one in ended) <= KEEP_SECONDS + WITHIN_SECONDS
    assert {one.status for one in watched.told.notices if one.is_about(rep="carla")} == {"firing"}
    assert not [one for one in watched.told.notices if one.is_about(rep="dora")]


async def test_what_is_shown_is_what_the_topics_say_whoever_works(
    watched: Watched, capsys: pytest.CaptureFixture[str]
) -> None:
    """A kill, a takeover and a join: each rep's three late leads stay three, whoever is asked."""
    first, second = await watched.worker(), await watched.worker()
    for rep in REPS:
        for number in range(3):
            await watched.hand_off(f"L-{rep}-{number}", rep)
        await watched.hand_off(f"L-{rep}-in-time", rep)
        await watched.call(f"L-{rep}-in-time")
    for rep in REPS:
        await watched.confirmed(f"L-{rep}-2")
        await watched.told.until_told("firing", alertname=FLOOR, rep=rep)
    began = await watched.until_equal()
    began_at = wall_now() / SECOND

    await first.kill()
    killed_at = wall_now() / SECOND
    pages = second.get
    await second.until(lambda: all(f'rep="{rep}"' in pages("/metrics/reps")[1] for rep in REPS))
    recovered_at = wall_now() / SECOND
    taken_over = await watched.until_equal()
    third = await watched.worker()
    shared = await watched.until_equal()
    ended_at = wall_now() / SECOND
    history = await asyncio.to_thread(watched.told.history, OF_EACH, began_at, ended_at)
    for rep in REPS:
        for number in range(3):
            await watched.call(f"L-{rep}-{number}")
    await watched.told.until(lambda: set(watched.told.query(OF_EACH).values()) == {0.0})
    nobody = await watched.until_equal()

    assert began == taken_over == shared
    assert sum(began.values()) == 3 * len(REPS)
    assert nobody == {}
    assert set(history) == {(rep,) for rep in REPS}
    assert {number for told in history.values() for number in told.values()} == {3.0}
    seconds = [began_at + number for number in range(int(ended_at - began_at))]
    missing = [
        at
        for at in seconds
        for told in history.values()
        if not any(abs(at - one) < 0.5 for one in told)
    ]
    gap = max(missing, default=killed_at) - recovered_at
    with capsys.disabled():
        print(  # noqa: T201
            f"\ntakeover {recovered_at - killed_at:.1f} s after the kill; last gap in what is "
            f"shown {max(gap, 0):.1f} s after it; {len(missing)} points of {len(REPS)} missing"
        )
    # A scrape each second, and points each second.
    assert gap <= 2.0
    calmed = [one.at for one in watched.told.of(FLOOR) if one.status == "resolved"]
    assert not [at for at in calmed if at / SECOND < ended_at]
    assert await third.stop() == 0


async def test_an_outage_of_ours_does_not_shame_the_floor(watched: Watched) -> None:
    """All workers gone: that is told, and nothing of the floor until one is back."""
    worker = await watched.worker()
    await watched.hand_off("L-anna", "anna")
    await watched.told.until_told("firing", alertname=FLOOR, rep="anna")

    # Nobody was there before the first worker was, which may have been told as well.
    await watched.told.until(lambda: not watched.told.alerts(alertname=PIPELINE))
    killed_at = wall_now()
    await worker.kill()
    outage = await watched.told.until_told("firing", since=killed_at, alertname=PIPELINE)

    def states(rep: str) -> list[str]:
        return [one["status"]["state"] for one in watched.told.alerts(alertname=FLOOR, rep=rep)]

    # What Prometheus would tell of the floor now would be a guess.
    watched.told.post_alert(alertname=FLOOR, audience="floor", team="nord", rep="ben")
    await watched.told.until(lambda: states("anna") == states("ben") == ["suppressed"])
    during = [one for one in watched.told.of(FLOOR) if one.at > outage.at]
    await watched.worker()
    back = await watched.told.until_told("resolved", since=outage.at, alertname=PIPELINE)
    told = await watched.told.until_told("firing", since=outage.at, rep="ben")

    assert after(killed_at, outage.at) <= 2 * WITHIN_SECONDS
    assert during == []
    assert told.at >= back.at - SECOND


async def test_the_dialers_own_alert_takes_breaches_back(watched: Watched) -> None:
    """Alertmanager tells a worker, which excludes the time: the breach never was one."""
    await watched.worker()
    begun_at = await watched.hand_off("L-anna", "anna")
    await watched.told.until_told("firing", alertname=FLOOR, rep="anna")

    labels = {"exclusion": "dialer_down", "exclusion_team_id": "nord"}
    watched.told.post_alert(begun_at - SECOND, alertname="DialerDown", **labels)
    await watched.told.until_told("resolved", alertname=FLOOR, rep="anna")
    declared = [one.told for one in await watched.floor.read("sla-control")]
    exclusions = [one for one in declared if one["type"] == "exclusion-declared"]
    breaches = [one.told for one in await watched.floor.read("speed-breaches")]

    assert {(one["reason"], one["declared_by"]) for one in exclusions} == {
        ("dialer_down", "alertmanager")
    }
    assert len(exclusions) == watched.floor.settings.partitions
    assert exclusions[0]["scope"] == {"team_id": ["nord"]}
    assert breaches[-1]["status"] == "retracted"
    assert breaches[-1]["reason"] == f"excluded:{exclusions[0]['exclusion_id']}"


def _code(command: list[str]) -> int:
    return subprocess.run(command, capture_output=True, check=False, timeout=20).returncode


async def test_the_health_checks_of_the_stack_tell_sick_from_well(watched: Watched) -> None:
    """The commands of docker-compose.yml, on what runs here, and where nothing listens."""
    addresses = {"prometheus": watched.told.prometheus, "alertmanager": watched.told.alertmanager}
    for name, address in addresses.items():
        check, url = service(name)["healthcheck"]["test"][1:], f"http://localhost:{PORTS[name]}"
        assert url in " ".join(check)
        (nobody,) = free_ports(1)
        codes = [
            await asyncio.to_thread(_code, [word.replace(url, where) for word in check])
            for where in (address, f"http://127.0.0.1:{nobody}")
        ]

        assert codes[0] == 0, name
        assert codes[1] != 0, name


async def test_the_watchdog_barks_and_probes_are_answered(watched: Watched) -> None:
    """What always fires arrives; synthetic leads are answered, and nothing is told of them."""
    await watched.worker()
    await watched.told.until_told("firing", alertname="Watchdog")
    answered = 'leadclock_probes_total{outcome="answered"} > 2'
    await watched.told.until(lambda: watched.told.query(answered))

    ages = watched.told.query("time() - leadclock_probe_last_answered_timestamp_seconds").values()
    assert max(ages) < WITHIN_SECONDS
    assert not [one for one in watched.told.notices if one.is_about(audience="floor")]
    assert not [one for one in watched.told.notices if "Probe" in one.labels["alertname"]]
