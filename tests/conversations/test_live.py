"""The console's sockets: who may listen to what, and when they end."""

import pytest
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext

from contactcenter.asgi import application
from conversations.models import Conversation
from core.live import in_thread
from tests.build import arrives
from tests.cast import Cast, conversation, inbound
from tests.house.world import owner_sql
from tests.sockets import WAIT, Socket, opened, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hub_ends")]
PATHS = ("/ws/queue/", "/ws/approvals/", "/ws/conversations/{}/")


async def refused(path: str, client: Client | None = None) -> int:
    """The code that the socket is closed with as soon as it has opened."""
    headers = [(b"origin", b"http://localhost"), (b"host", b"localhost")]
    if client is not None:
        headers.append((b"cookie", f"sessionid={client.cookies['sessionid'].value}".encode()))
    socket = Socket(application, path, headers=headers)
    is_open, _ = await socket.connect(timeout=WAIT)
    assert is_open
    said = await socket.receive_output(timeout=WAIT)
    assert said["type"] == "websocket.close"
    return int(said["code"])


@pytest.mark.parametrize("path", PATHS)
async def test_nobody_listens_without_signing_in_or_with_the_wrong_role(cast: Cast, path: str) -> None:
    matter, _ = await in_thread(conversation)(cast.orders, cast.cara)
    assert await refused(path.format(matter.pk)) == 4401
    assert await refused(path.format(matter.pk), await in_thread(signed_in)(cast.ada)) == 4403


@pytest.mark.parametrize("origin", [b"http://evil.example", b"null", b"http://localhost.evil.example"])
async def test_a_page_of_somebody_else_cannot_open_a_socket(cast: Cast, origin: bytes) -> None:
    browser = await in_thread(signed_in)(cast.ana)
    cookie = f"sessionid={browser.cookies['sessionid'].value}".encode()
    socket = Socket(application, "/ws/queue/", headers=[(b"cookie", cookie), (b"origin", origin), (b"host", b"localhost")])
    is_open, _ = await socket.connect(timeout=WAIT)
    assert not is_open


async def test_a_foreign_and_a_missing_conversation_are_refused_alike(cast: Cast) -> None:
    foreign, _ = await in_thread(conversation)(cast.app, cast.dan)
    browser = await in_thread(signed_in)(cast.ana)
    assert await refused(f"/ws/conversations/{foreign.pk}/", browser) == 4404
    assert await refused("/ws/conversations/999999/", browser) == 4404


async def test_an_agent_hears_his_own_inboxes_only(cast: Cast) -> None:
    ana, ben = await opened(cast.ana), await opened(cast.ben)
    made = await in_thread(arrives)(cast.orders, "Where is my parcel?")
    frame = await ana.receive_from(timeout=WAIT)
    assert f"#conv-{made.conversation.pk}" in frame and "Where is my parcel?" in frame
    assert await ben.receive_nothing(timeout=0.6)
    await ana.disconnect()
    await ben.disconnect()


async def test_everybody_hears_in_the_language_he_reads(cast: Cast) -> None:
    await in_thread(owner_sql)("UPDATE accounts_user SET language = 'de' WHERE id = %s", cast.sam.pk)
    ana, sam = await opened(cast.ana), await opened(cast.sam)
    await in_thread(arrives)(cast.orders, "Where is my parcel?")
    english, german = await ana.receive_from(timeout=WAIT), await sam.receive_from(timeout=WAIT)
    with translation.override("de"):
        word = gettext("Resolve")
    assert word != "Resolve" and word in german and word not in english
    await ana.disconnect()
    await sam.disconnect()


async def test_what_was_rolled_back_is_never_heard(cast: Cast) -> None:
    ana = await opened(cast.ana)

    def fail() -> None:
        with pytest.raises(ZeroDivisionError), cast.acting(cast.ana):
            found = Conversation.objects.get()
            inbound(found, "never said")
            raise ZeroDivisionError

    await in_thread(conversation)(cast.orders, cast.cara)
    await in_thread(fail)()
    assert await ana.receive_nothing(timeout=0.5)
    await ana.disconnect()


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("UPDATE accounts_user SET role = 'supervisor' WHERE id = {ana}", 4403),
        ("UPDATE accounts_user SET is_active = false WHERE id = {ana}", 4403),
        ("DELETE FROM accounts_membership WHERE user_id = {ana}", 4403),
        ("DELETE FROM conversations_inboxteam", 4403),
        ("DELETE FROM accounts_session WHERE user_id = {ana}", 4408),
    ],
)
async def test_an_open_socket_ends_when_rights_or_session_do(cast: Cast, settings, sql: str, code: int) -> None:
    settings.SESSION_COOKIE_AGE = 2
    ana = await opened(cast.ana)
    await in_thread(owner_sql)(sql.format(ana=cast.ana.pk))
    said = await ana.receive_output(timeout=WAIT)
    assert (said["type"], said["code"]) == ("websocket.close", code)
    await in_thread(arrives)(cast.orders, "Too late for Ana")
    assert await ana.receive_nothing(timeout=0.4)
