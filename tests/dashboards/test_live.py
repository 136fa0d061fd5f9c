"""The dashboard's socket: who may listen, and that nothing but a mark is said."""

import asyncio
import re

import pytest
from channels.testing import WebsocketCommunicator
from django.test import Client

from contactcenter.asgi import application
from core.context import Actor, acting_as
from core.live import hub, in_thread
from dashboards.consumers import DashboardConsumer
from tests.build import arrives
from tests.cast import Cast
from tests.house.world import owner_sql

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hub_ends")]


def cookies_of(user) -> bytes:
    client = Client()
    with acting_as(Actor.door(user.pk)):
        client.force_login(user)
    return f"sessionid={client.cookies['sessionid'].value}".encode()


async def opened(user=None) -> WebsocketCommunicator:
    headers = [(b"origin", b"http://127.0.0.1"), (b"host", b"127.0.0.1")]
    if user is not None:
        headers.append((b"cookie", await in_thread(cookies_of)(user)))
    socket = WebsocketCommunicator(application, "/ws/dashboards/", headers=headers)
    is_open, _ = await socket.connect(timeout=10)
    assert is_open
    return socket


async def listening(user) -> WebsocketCommunicator:
    """A socket that is open and already hears."""
    socket = await opened(user)
    async with asyncio.timeout(10):
        while not hub.sockets:
            await asyncio.sleep(0.01)
    return socket


async def close_code(socket: WebsocketCommunicator) -> int:
    said = await socket.receive_output(timeout=10)
    assert said["type"] == "websocket.close"
    return int(said["code"])


async def test_a_supervisor_hears_that_something_happened_and_nothing_else(cast: Cast) -> None:
    socket = await listening(cast.sam)
    await in_thread(arrives)(cast.orders, "My very secret question")
    frame = await socket.receive_from(timeout=10)
    assert 'hx-target="#list-stale"' in frame and "data-stale" in frame
    assert "secret" not in frame and "Cara" not in frame
    assert set(re.findall(r'hx-target="([^"]+)"', frame)) == {"#seq", "#list-stale"}
    await socket.disconnect()


async def test_what_happens_in_another_team_s_inbox_is_not_heard(cast: Cast) -> None:
    socket = await listening(cast.sam)
    await in_thread(arrives)(cast.app, "Not yours", email="dan@customer.example")
    assert await socket.receive_nothing(timeout=0.6)
    await socket.disconnect()


async def test_an_admin_hears_every_inbox(cast: Cast) -> None:
    socket = await listening(cast.ada)
    await in_thread(arrives)(cast.app, "Something", email="dan@customer.example")
    assert "data-stale" in await socket.receive_from(timeout=10)
    await socket.disconnect()


async def test_an_agent_is_refused(cast: Cast) -> None:
    for agent in (cast.ana, cast.ben):
        assert await close_code(await opened(agent)) == 4403


async def test_a_stranger_is_refused(cast: Cast) -> None:
    assert await close_code(await opened()) == 4401


async def test_who_is_no_supervisor_any_more_hears_no_more(cast: Cast) -> None:
    socket = await listening(cast.sam)
    await in_thread(owner_sql)("UPDATE accounts_user SET role = 'agent' WHERE id = %s", cast.sam.pk)
    assert await close_code(socket) == 4403


async def test_a_frame_is_the_same_for_everybody() -> None:
    assert DashboardConsumer.audience == "all"
