"""Answers ``POST /facts`` and ``POST /control``, for whom it knows by a token.

Off unless a token is configured. What can be taken of a body is taken, and the rest is
told by place and reason: a source that repeats the whole does no harm.

Source:
    Contract, section 4.
"""

import logging
from collections.abc import Callable
from typing import Any, Final

import orjson
from aiohttp import web

from schemas.instants import Instant
from schemas.refusals import RefusedError
from streams.config import PREFIX, Settings
from streams.runtime.broker import Broker, BrokerTroubleError
from streams.runtime.posted import Posted, control_in, facts_in
from streams.runtime.sender import Sender
from streams.runtime.token import Token

log = logging.getLogger(__name__)

LARGEST_BODY: Final = 256 * 1024
"""Bytes of a body: some thousand facts, which are read in a few milliseconds."""

Read = Callable[[bytes, str, Instant], Posted]


class Post:
    """One path to which others may post."""

    def __init__(
        self, token: Token, sender: Sender, read: Read, wall: Callable[[], Instant]
    ) -> None:
        """Take what bears the token.

        Args:
            token: The secret.
            sender: Puts facts on the topics.
            read: Reads a body of a content type, at an instant.
            wall: The wall clock.
        """
        self._token = token
        self._sender = sender
        self._read = read
        self._wall = wall

    async def stop(self) -> None:
        """Give back the connections."""
        await self._sender.stop()

    async def answer(self, request: web.Request) -> web.Response:
        """Answer one request.

        202: all was taken, and the brokers have it; 422: some was refused, and is listed;
        400: the body is none; 401: no token, or a wrong one; 413: too large; 503: the
        brokers did not take it, and it should be told again.
        """
        if not self._token.admits(request.headers.get("Authorization")):
            sentence = "give the token as `Authorization: Bearer TOKEN`"
            return _complaint(401, sentence, **{"WWW-Authenticate": 'Bearer realm="leadclock"'})
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return _complaint(413, f"a body has at most {LARGEST_BODY} bytes; send it in parts")
        try:
            posted = self._read(body, request.content_type, self._wall())
        except RefusedError as error:
            return _complaint(400, f"{error.reason}: {error.detail}")
        if posted.refused:
            reasons = sorted({one["reason"] for one in posted.refused})
            told = {"path": request.path, "number": len(posted.refused), "reasons": reasons}
            log.warning("post_refused", extra=told)
        try:
            await self._sender.send(posted.facts)
        except BrokerTroubleError as error:
            log.warning("post_failed", extra={"path": request.path, "detail": str(error)})
            sentence = "the brokers did not take it; tell it again"
            return _complaint(503, sentence, **{"Retry-After": "5"})
        return _json(422 if posted.refused else 202, _summary(posted))


def posts_of(
    settings: Settings, broker: Broker, wall: Callable[[], Instant]
) -> tuple[Post | None, Post | None]:
    """Give the paths that the settings open, ``/facts`` and ``/control``.

    Raises:
        ConfigurationError: A file holds no token.
    """
    sender = Sender(settings, broker)

    def path(file: str | None, variable: str, read: Read) -> Post | None:
        if file is None:
            return None
        return Post(Token.read(file, PREFIX + variable), sender, read, wall)

    return (
        path(settings.facts_token_file, "FACTS_TOKEN_FILE", facts_in),
        path(settings.control_token_file, "CONTROL_TOKEN_FILE", control_in),
    )


def _summary(posted: Posted) -> dict[str, Any]:
    summary: dict[str, Any] = {"accepted": len(posted.facts), "refused": posted.refused}
    if posted.ignored:
        summary["ignored"] = posted.ignored
    return summary


def _complaint(status: int, sentence: str, **headers: str) -> web.Response:
    return _json(status, {"error": sentence}, **headers)


def _json(status: int, told: dict[str, Any], **headers: str) -> web.Response:
    return web.Response(
        body=orjson.dumps(told) + b"\n",
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store", **headers},
    )
