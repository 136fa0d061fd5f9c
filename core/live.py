"""Live HTML: what happened is written down with the change, and every open screen hears of it after the commit.

`publish` adds one row (a topic and an id, never content) to the caller's transaction and a NOTIFY that PostgreSQL delivers when,
and only when, it commits. In each web process one hub listens, reads the new rows, renders each once per audience and language, and
hands the HTML to the sockets. A page that lost its connection asks for everything after the number it last saw.

The number is PostgreSQL's own horizon (`pg_snapshot_xmin`): every transaction below it has ended, so nothing that commits late
can hide below a number that a page already has.
"""

import asyncio
import logging
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import psycopg
from channels.db import database_sync_to_async
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest
from django.utils import translation

from core.context import Actor, acting_as
from core.liveness import dsn

logger = logging.getLogger(__name__)

LIVE = Actor.system("live")
SIGNED_OUT, RIGHTS_CHANGED, NOT_VISIBLE, IDLE = 4401, 4403, 4404, 4408
GATHER_SECONDS = 0.05
CHECK_SECONDS = 5.0
MAX_FRAME = 64 * 1024

in_thread = database_sync_to_async


class Refused(Exception):
    """The viewer may not open this socket; `code` is the WebSocket close code that tells the page why."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class LiveEventSeen:
    id: int
    topic: str
    ref: int
    groups: frozenset[str]


def publish(groups: list[str], *, topic: str, ref: int) -> None:
    """Tell the screens in `groups`, when this transaction commits, that `topic` happened to row `ref`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_liveevent (xid, groups, topic, ref) VALUES (pg_current_xact_id()::text::bigint, %s, %s, %s)",
            [groups, topic, ref],
        )
        cursor.execute("SELECT pg_notify('live', '')")


def disconnect(user_id: int) -> None:
    """Close the sockets of a user in every process, when this transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('auth', %s)", [str(user_id)])


CURSOR = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"


def cursor() -> int:
    """The number below which nothing can still appear; a page prints it and asks from it after a lost connection."""
    with connection.cursor() as db:
        db.execute(CURSOR)
        return int(db.fetchone()[0])


def anything_since(number: int, groups: list[str]) -> bool:
    """Whether something happened to `groups` at or after `number`. Acts as the system: the groups are the viewer's own."""
    with acting_as(LIVE), connection.cursor() as db:
        db.execute("SELECT EXISTS (SELECT 1 FROM core_liveevent WHERE xid >= %s AND groups && %s::varchar[])", [number, groups])
        return bool(db.fetchone()[0])


def purge(older_than: timedelta = timedelta(days=1)) -> int:
    """Delete events older than `older_than`; a page that was away longer gets whole regions anyway."""
    with acting_as(LIVE), connection.cursor() as db:
        db.execute("DELETE FROM core_liveevent WHERE at < now() - make_interval(secs => %s)", [older_than.total_seconds()])
        return int(db.rowcount)


@dataclass
class Hub:
    """One per web process: a PostgreSQL listener, the sockets by group, and each event rendered once per audience."""

    sockets: dict[str, set["LiveConsumer"]] = field(default_factory=lambda: defaultdict(set))
    horizon: int = 0
    seen: dict[int, int] = field(default_factory=dict)
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)
    loop: asyncio.AbstractEventLoop | None = None

    async def join(self, consumer: "LiveConsumer", groups: list[str]) -> None:
        if self.loop is not asyncio.get_running_loop() or any(task.done() for task in self.tasks):
            await self._start()
        for group in groups:
            self.sockets[group].add(consumer)

    def leave(self, consumer: "LiveConsumer") -> None:
        for group in list(self.sockets):
            self.sockets[group].discard(consumer)
            if not self.sockets[group]:
                del self.sockets[group]

    async def _start(self) -> None:
        for task in self.tasks:
            task.cancel()
        self.loop, self.seen = asyncio.get_running_loop(), {}
        self.horizon = await in_thread(_horizon, thread_sensitive=False)()
        listening = asyncio.Event()
        self.tasks = [asyncio.create_task(self._listen(listening)), asyncio.create_task(self._check_rights())]
        await asyncio.wait_for(listening.wait(), timeout=10)

    async def _listen(self, listening: asyncio.Event) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(dsn(), autocommit=True, application_name="live") as conn:
                    await conn.execute("LISTEN live")
                    await conn.execute("LISTEN auth")
                    listening.set()
                    await self._deliver_new()
                    async for notice in conn.notifies():
                        if notice.channel == "auth":
                            await self._close_user(int(notice.payload))
                        else:
                            await self._deliver_new()
            except (psycopg.Error, DatabaseError, OSError) as error:
                logger.warning("live listener lost", extra={"facts": {"error": type(error).__name__}})
                await asyncio.sleep(1)

    async def _deliver_new(self) -> None:
        events, horizon = await in_thread(_events_from, thread_sensitive=False)(self.horizon)
        fresh = [(xid, event) for xid, event in events if event.id not in self.seen]
        self.seen = {id_: xid for id_, xid in self.seen.items() if xid >= horizon}
        self.seen |= {event.id: xid for xid, event in fresh if xid >= horizon}
        self.horizon = horizon
        for _, event in fresh:
            await self._deliver(event, horizon)

    async def _deliver(self, event: LiveEventSeen, horizon: int) -> None:
        listeners = {consumer for group in event.groups for consumer in self.sockets.get(group, ())}
        by_audience: dict[tuple[type, str, str], list[LiveConsumer]] = defaultdict(list)
        for consumer in listeners:
            by_audience[type(consumer), consumer.audience, consumer.language].append(consumer)
        for consumers in by_audience.values():
            html = await in_thread(_rendered, thread_sensitive=False)(consumers[0], event)
            if html:
                for consumer in consumers:
                    await consumer.push(html, horizon)

    async def _close_user(self, user_id: int) -> None:
        for consumer in self._all():
            if consumer.actor is not None and consumer.actor.kind != "customer" and consumer.actor.id == user_id:
                await consumer.end(RIGHTS_CHANGED)

    async def _check_rights(self) -> None:
        """Belt and braces beside NOTIFY: rights and idle sessions of everybody connected, in one query each."""
        while True:
            await asyncio.sleep(min(CHECK_SECONDS, settings.SESSION_COOKIE_AGE / 4))
            consumers = [one for one in self._all() if one.actor is not None and one.session_key]
            if not consumers:
                continue
            try:
                good = await in_thread(_still_good, thread_sensitive=False)([(c.actor, c.session_key) for c in consumers])
            except (DatabaseError, psycopg.Error):
                continue
            for consumer, code in zip(consumers, good, strict=True):
                if code:
                    await consumer.end(code)

    def _all(self) -> list["LiveConsumer"]:
        return list({consumer for group in self.sockets.values() for consumer in group})


hub = Hub()


def _horizon() -> int:
    with acting_as(LIVE):
        return cursor()


def _events_from(horizon: int) -> tuple[list[tuple[int, LiveEventSeen]], int]:
    with acting_as(LIVE), connection.cursor() as db:
        # The horizon is read first: what commits between the two statements is then read again, never missed.
        db.execute(CURSOR)
        new_horizon = int(db.fetchone()[0])
        db.execute("SELECT id, xid, topic, ref, groups FROM core_liveevent WHERE xid >= %s ORDER BY id", [horizon])
        events = [(row[1], LiveEventSeen(row[0], row[2], row[3], frozenset(row[4]))) for row in db.fetchall()]
    return events, new_horizon


def _rendered(consumer: "LiveConsumer", event: LiveEventSeen) -> str:
    with acting_as(LIVE, read_only=True), translation.override(consumer.language):
        return consumer.render(event)


def _still_good(viewers: list[tuple[Actor, str]]) -> list[int]:
    """For each viewer 0, or the code to close its socket with."""
    with acting_as(Actor.door()), connection.cursor() as db:
        db.execute("SELECT id, role, epoch FROM accounts_user WHERE is_active AND id = ANY (%s)", [[a.id for a, _ in viewers]])
        rights = {(role, id_, epoch) for id_, role, epoch in db.fetchall()}
        keys = [key for _, key in viewers]
        db.execute("SELECT session_key FROM accounts_session WHERE expire_date > now() AND session_key = ANY (%s)", [keys])
        alive = {key for (key,) in db.fetchall()}
    return [RIGHTS_CHANGED if (a.kind, a.id, a.epoch) not in rights else IDLE if key not in alive else 0 for a, key in viewers]


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """A screen's socket. Subclasses say who may listen (`authorise`), to what (`groups`) and how an event looks (`render`).

    Frames are runs of <hx-partial>; the first puts the number of the event into #seq.
    """

    audience = "all"
    language = "en"
    actor: Actor | None = None
    session_key = ""
    gathering: "asyncio.Task[None] | None" = None

    def authorise(self, scope: dict[str, Any]) -> Actor:
        """The viewer. Raises Refused. Runs in a thread, outside of any actor."""
        return staff_of(scope, "agent", "supervisor")

    def groups(self, actor: Actor) -> list[str]:
        """What the viewer may hear; runs as the viewer, so row security answers. Raises Refused."""
        raise NotImplementedError

    def render(self, event: LiveEventSeen) -> str:
        """The HTML of an event, the same for everybody in the audience; empty for nothing. Runs as the system."""
        raise NotImplementedError

    async def websocket_connect(self, message: dict[str, Any]) -> None:
        # Channels' own would join its layer's groups here; ours come from the database, and there is no layer.
        await self.connect()

    async def connect(self) -> None:
        self.waiting: list[str] = []
        self.horizon = 0
        self.ended = False
        self.opened = asyncio.Event()
        try:
            self.actor, groups = await in_thread(self._admitted, thread_sensitive=False)()
        except Refused as refused:
            # Accepted first: a browser cannot read the close code of a socket that never opened.
            await self.accept()
            await self.close(code=refused.code)
            return
        self.session_key = self.scope["session"].session_key or "" if self.actor.kind != "customer" else ""
        # Heard from here on: a page asks what it missed the moment its socket is open, and nothing may fall between the two.
        await hub.join(self, groups)
        if not self.ended:
            await self.accept()
            self.opened.set()

    def _admitted(self) -> tuple[Actor, list[str]]:
        actor = self.authorise(self.scope)
        self.language = language_of(self.scope, actor)
        with acting_as(actor, read_only=True):
            return actor, self.groups(actor)

    async def push(self, html: str, horizon: int) -> None:
        """Queue a fragment; what comes within 50 ms goes out as one frame."""
        self.waiting.append(html)
        self.horizon = horizon
        if self.gathering is None or self.gathering.done():
            self.gathering = asyncio.create_task(self._flush())

    async def _flush(self) -> None:
        await asyncio.sleep(GATHER_SECONDS)
        await self.opened.wait()
        html, self.waiting = "".join(self.waiting), []
        if not self.ended:
            await self.send(text_data=f'<hx-partial hx-target="#seq" hx-swap="textContent">{self.horizon}</hx-partial>{html}')

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Pages only listen here; whatever they send is ignored, and a flood closes the socket."""
        if len(text_data or "") + len(bytes_data or b"") > MAX_FRAME:
            await self.end(1009)

    async def end(self, code: int) -> None:
        if not self.ended:
            self.ended = True
            hub.leave(self)
            await self.close(code=code)

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        self.ended = True
        hub.leave(self)
        if self.gathering is not None:
            self.gathering.cancel()
        raise StopConsumer


def language_of(scope: dict[str, Any], actor: Actor) -> str:
    """What the viewer reads: the choice of somebody signed in, else the browser's, as for the page that opened the socket."""
    chosen = "" if actor.kind == "customer" else getattr(scope["user"], "language", "")
    asked = dict(scope.get("headers", [])).get(b"accept-language", b"").decode("latin-1")
    request = HttpRequest()
    request.META["HTTP_ACCEPT_LANGUAGE"] = asked
    return chosen or translation.get_language_from_request(request)


def staff_of(scope: dict[str, Any], *roles: str) -> Actor:
    """The signed-in viewer of a socket, when his role is one of `roles`. Raises Refused."""
    with acting_as(Actor.door()):
        user = scope["user"]
        if not user.is_authenticated:
            raise Refused(SIGNED_OUT)
    if user.role not in roles:
        raise Refused(RIGHTS_CHANGED)
    return Actor.of(user)
