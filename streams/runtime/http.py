"""The worker's door: health, metrics and posts for machines, the worklist for people."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from streams.errors import ConfigurationError
from streams.metrics.reps import CONTENT_TYPE, Owned, RepsText
from streams.runtime.explanation import Explanation
from streams.runtime.post import LARGEST_BODY, Post
from streams.runtime.scrape import in_slices, joined
from streams.runtime.worklist import Worklist

log = logging.getLogger(__name__)


class Pages(NamedTuple):
    """What a door serves beside health and ``/metrics``.

    Attributes:
        reps: Gives what ``/metrics/reps`` renders; None: there is no such page.
        worklist: Answers ``/worklist``; None: there is no such page.
        explanation: Answers ``/explain``; None: there is no such page.
        facts: Takes ``POST /facts``; None: nobody may post facts.
        control: Takes ``POST /control``; None: nobody may.
    """

    reps: Callable[[], Owned] | None = None
    worklist: Worklist | None = None
    explanation: Explanation | None = None
    facts: Post | None = None
    control: Post | None = None


NO_PAGES: Final = Pages()


class Door:
    """A small HTTP server.

    ``/-/healthy`` says that the process turns; ``/-/ready`` that it works: 200 and
    ``ready``, else 503 and what is missing; ``/metrics`` is for Prometheus, and so is
    ``/metrics/reps``, which is large and may be scraped less often; ``/worklist`` says
    who has to be called, ``/explain`` why a lead's clocks say what they say; ``/facts`` and
    ``/control`` take what is posted.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        registry: CollectorRegistry,
        missing: Callable[[], str | None],
        pages: Pages = NO_PAGES,
    ) -> None:
        """Serve once opened.

        Args:
            host: Address to listen on.
            port: Port; 0 is any free one, which is logged.
            registry: What ``/metrics`` renders.
            missing: Says what is missing to be ready; None: nothing.
            pages: What else is served.
        """
        self._host = host
        self._port = port
        self._registry = registry
        self._missing = missing
        self._pages = pages
        self._reps_text = RepsText()
        self._runner: web.AppRunner | None = None

    async def open(self) -> None:
        """Begin to listen.

        Raises:
            ConfigurationError: The address cannot be listened on.
        """
        app = web.Application(client_max_size=LARGEST_BODY)
        app.router.add_get("/-/healthy", self._healthy)
        app.router.add_get("/-/ready", self._ready)
        app.router.add_get("/metrics", self._metrics)
        if self._pages.reps is not None:
            app.router.add_get("/metrics/reps", partial(self._reps_metrics, self._pages.reps))
        if self._pages.worklist is not None:
            app.router.add_get("/worklist", self._pages.worklist.answer)
        if self._pages.explanation is not None:
            app.router.add_get("/explain", self._pages.explanation.answer)
        for path, post in (("/facts", self._pages.facts), ("/control", self._pages.control)):
            if post is not None:
                app.router.add_post(path, post.answer)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        try:
            await site.start()
        except OSError as error:
            raise ConfigurationError(
                f"LEADCLOCK_HTTP_PORT {self._port} on {self._host} cannot be listened on "
                f"({error.strerror}); choose another one, or 0 for any"
            ) from error
        log.info("listening", extra={"url": f"http://{self._host}:{self._bound_port(site)}"})

    async def close(self) -> None:
        """Listen no more."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        for post in (self._pages.facts, self._pages.control):
            if post is not None:
                await post.stop()

    def _bound_port(self, site: web.TCPSite) -> int:
        server = site._server  # noqa: SLF001 - aiohttp tells the chosen port nowhere else
        sockets = getattr(server, "sockets", None)
        return int(sockets[0].getsockname()[1]) if sockets else self._port

    async def _healthy(self, _request: web.Request) -> web.Response:
        return web.Response(text="healthy\n")

    async def _ready(self, _request: web.Request) -> web.Response:
        missing = self._missing()
        if missing is None:
            return web.Response(text="ready\n")
        return web.Response(text=f"not ready: {missing}\n", status=503)

    async def _metrics(self, request: web.Request) -> web.Response:
        # Exemplars are told only to who asks for OpenMetrics.
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        # The content type carries parameters, which aiohttp wants as a header.
        return web.Response(body=encode(self._registry), headers={"Content-Type": content_type})

    async def _reps_metrics(self, look: Callable[[], Owned], request: web.Request) -> web.Response:
        headers = {"Content-Type": CONTENT_TYPE, "Vary": "Accept-Encoding"}
        is_compressed = "gzip" in request.headers.get("Accept-Encoding", "")
        if is_compressed:
            headers["Content-Encoding"] = "gzip"
        pieces = await in_slices(self._reps_text.slices(look()))
        body = await joined(pieces, is_compressed=is_compressed)
        return web.Response(body=body, headers=headers)
