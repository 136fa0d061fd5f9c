"""A real socket of ours in a test, on the test's own loop."""

import asyncio

from asgiref.testing import ApplicationCommunicator
from channels.testing import WebsocketCommunicator
from django.test import Client

from accounts.models import User
from contactcenter.asgi import application
from core.context import Actor, acting_as
from core.live import hub, in_thread

WAIT = 10


class Socket(WebsocketCommunicator):
    """Channels' own leaves database connections open in threads that end, for tests inside of one transaction. Ours commit."""

    send_input = ApplicationCommunicator.send_input
    receive_output = ApplicationCommunicator.receive_output


def signed_in(user: User) -> Client:
    """A browser in which `user` has signed in."""
    client = Client()
    with acting_as(Actor.door(user.pk)):
        client.force_login(user)
    return client


async def opened(user: User, path: str = "/ws/queue/") -> Socket:
    """A socket that is open and already hears."""
    return await socket_of(await in_thread(signed_in)(user), path, Actor.of(user))


async def socket_of(client: Client, path: str, actor: Actor) -> Socket:
    """The socket of that browser, opened by `actor`."""
    cookie = f"sessionid={client.cookies['sessionid'].value}".encode()
    socket = Socket(application, path, headers=[(b"cookie", cookie), (b"origin", b"http://localhost"), (b"host", b"localhost")])
    is_open, _ = await socket.connect(timeout=WAIT)
    assert is_open
    async with asyncio.timeout(WAIT):
        while not [one for members in hub.sockets.values() for one in members if one.actor == actor]:
            await asyncio.sleep(0.01)
    return socket
