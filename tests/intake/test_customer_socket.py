"""The customer's socket: who may open it, and what it is told, through the real application and the real hub."""

import asyncio
import re
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from channels.testing import WebsocketCommunicator
from django.core.cache import caches
from django.db import connections
from django.test import Client

from contactcenter.asgi import application
from conversations import delivery
from conversations.assignment import assign, resolve
from conversations.models import Conversation
from core.live import NOT_VISIBLE, hub
from intake.consumers import MOST_SOCKETS, TOO_MANY
from intake.links import conversation_token
from intake.person import ask_for_person
from tests.build import RETURNS, arrives, article, run_jobs
from tests.cast import Cast, conversation, inbound
from tests.house.world import owner_sql

OURS = [(b"origin", b"http://127.0.0.1"), (b"host", b"127.0.0.1")]
QUESTION = "How many days do I have to return something?"


class Window(WebsocketCommunicator):  # type: ignore[misc]
    """Channels' own keeps every connection open that a consumer has used, for tests inside a transaction; ours are not."""

    send_input = ApplicationCommunicator.send_input
    receive_output = ApplicationCommunicator.receive_output


async def in_database(verb: Callable[..., Any], *args: Any, **named: Any) -> Any:
    """Runs a plain function that uses the database, in a thread whose connections it gives back."""

    def run() -> Any:
        try:
            return verb(*args, **named)
        finally:
            connections.close_all()

    return await asyncio.to_thread(run)


def socket(token: str, headers: list[tuple[bytes, bytes]] = OURS) -> Window:
    return Window(application, f"/ws/c/{token}/", headers=headers)


@asynccontextmanager
async def opened(matter: Conversation) -> AsyncIterator[Window]:
    one = socket(conversation_token(matter.pk))
    connected, _ = await one.connect(timeout=10)
    assert connected
    try:
        yield one
    finally:
        await one.disconnect(timeout=10)


@pytest.fixture(autouse=True)
def _a_fresh_day(cast: Cast, hub_ends: None) -> None:
    caches["redis"].clear()


async def heard(one: Window, wanted: str, seconds: float = 10) -> str:
    """Everything that was said up to and including the frame in which `wanted` stands."""
    said = ""
    async with asyncio.timeout(seconds):
        while wanted not in said:
            said += await one.receive_from(timeout=seconds)
    return said


async def silence(one: Window) -> bool:
    return await one.receive_nothing(timeout=0.6)


@pytest.mark.parametrize("token", ["forged", "1~x", "%00"])
async def test_a_forged_link_opens_nothing(cast: Cast, token: str) -> None:
    one = socket(token)
    assert (await one.connect(timeout=10))[0]  # accepted first: a browser cannot read the code of one that never opened
    assert await one.receive_output(timeout=5) == {"type": "websocket.close", "code": NOT_VISIBLE}
    assert not hub.sockets


async def test_a_link_of_an_erased_conversation_opens_nothing(cast: Cast) -> None:
    one = socket(conversation_token(987654))
    await one.connect(timeout=10)
    assert (await one.receive_output(timeout=5))["code"] == NOT_VISIBLE


@pytest.mark.parametrize("origin", [b"http://evil.example", b"null", b"http://127.0.0.1.evil.example", None])
async def test_a_page_of_somebody_else_opens_nothing(cast: Cast, origin: bytes | None) -> None:
    matter, _ = await in_database(conversation, cast.orders, cast.cara)
    headers = [(b"host", b"127.0.0.1")] + ([(b"origin", origin)] if origin else [])
    connected, _ = await socket(conversation_token(matter.pk), headers).connect(timeout=10)
    assert not connected


async def test_a_person_s_reply_is_told_once_it_is_published(cast: Cast) -> None:
    matter, _ = await in_database(conversation, cast.orders, cast.cara, QUESTION)

    def reply() -> None:
        with cast.acting(cast.ana):
            found = Conversation.objects.get(pk=matter.pk)
            delivery.note(found, "A private note", by=cast.ana, client_key=uuid.uuid4())
            delivery.reply(found, "Hello Cara", by=cast.ana, client_key=uuid.uuid4())

    async with opened(matter) as cara:
        await in_database(reply)
        before = await heard(cara, "A person is answering you.")
        assert "Hello Cara" not in before and "private note" not in before
        await in_database(run_jobs)
        after = await heard(cara, "Hello Cara")
        assert "Ana from" in after and "private note" not in after and "Ana Cast" not in after


async def test_the_assistant_s_answer_is_told_marked_as_such(cast: Cast) -> None:
    await in_database(article, cast.base, "returns", "Returns", RETURNS)
    await in_database(owner_sql, "UPDATE conversations_inbox SET auto_send = false")
    made = await in_database(arrives, cast.orders, QUESTION)
    async with opened(made.conversation) as cara:
        await in_database(run_jobs)
        said = await heard(cara, "a person is checking the answer")
        assert "30 days" not in said

        def approve() -> None:
            from approvals import review
            from approvals.models import Draft

            with cast.acting(cast.ana):
                draft = Draft.objects.get(in_reply_to=made.message.pk)
                review.approve(draft, by=cast.ana, version=draft.version, request_key=uuid.uuid4())
            run_jobs()

        await in_database(approve)
        said = await heard(cara, "Answered by AI, checked by Ana")
        assert "30 days" in said and "From: " in said


async def test_asking_for_a_person_is_seen_in_every_window(cast: Cast) -> None:
    matter, _ = await in_database(conversation, cast.orders, cast.cara, QUESTION)
    async with opened(matter) as one, opened(matter) as two:
        await in_database(ask_for_person, matter.pk)
        for window in (one, two):
            said = await heard(window, "You asked for a person.")
            assert "A person has been asked" in said


async def test_a_frame_begins_with_the_number_to_catch_up_from(cast: Cast) -> None:
    matter, _ = await in_database(conversation, cast.orders, cast.cara, QUESTION)
    async with opened(matter) as cara:
        await in_database(ask_for_person, matter.pk)
        frame = await cara.receive_from(timeout=10)
        number = int(re.match(r'<hx-partial hx-target="#seq" hx-swap="textContent">(\d+)</hx-partial>', frame)[1])
        assert number > 0
        said = await heard(cara, "You asked for a person.") if "You asked" not in frame else frame
        fresh = await in_database(lambda: Client().get(f"/c/{conversation_token(matter.pk)}/").content.decode())
        last = re.findall(r'hx-target="#ask"[^>]*>(.*?)</hx-partial>', said, re.S)[-1].strip()
        assert last in fresh


async def test_nothing_of_another_conversation_is_heard(cast: Cast) -> None:
    mine, _ = await in_database(conversation, cast.orders, cast.cara, QUESTION)
    own_other, _ = await in_database(conversation, cast.orders, cast.cara, "My other matter")
    theirs, _ = await in_database(conversation, cast.orders, cast.dan, "Dan's matter")
    async with opened(mine) as cara:
        for other in (own_other, theirs):
            await in_database(arrives, cast.orders, "More", conversation=other.pk)
            await in_database(ask_for_person, other.pk)
        assert await silence(cara)


async def test_notes_assignments_and_drafts_carry_no_name_or_word_out(cast: Cast) -> None:
    matter, _ = await in_database(conversation, cast.orders, cast.cara, QUESTION)

    def work() -> None:
        with cast.acting(cast.ana):
            found = Conversation.objects.get(pk=matter.pk)
            delivery.note(found, "She is a difficult one", by=cast.ana, client_key=uuid.uuid4())
            assign(found, to=cast.ana, by=cast.ana)
            resolve(found, by=cast.ana)

    async with opened(matter) as cara:
        await in_database(work)
        said = await heard(cara, "This conversation is closed.")
        assert "difficult" not in said and "Cast" not in said


async def test_the_checks_of_staff_s_rights_leave_customers_alone(cast: Cast, settings) -> None:
    """Their sockets have no session to end; a change of somebody's rights with the same id is not theirs."""
    settings.SESSION_COOKIE_AGE = 1  # the check runs four times a second then
    matter, _ = await in_database(conversation, cast.orders, cast.cara, QUESTION)
    async with opened(matter) as cara:
        await in_database(owner_sql, f"UPDATE accounts_user SET is_active = false WHERE id = {cast.ana.pk}")
        await in_database(owner_sql, f"SELECT pg_notify('auth', '{cast.cara.pk}')")
        assert await silence(cara)
        await in_database(inbound, matter, "unheard, written past the doors")
        await in_database(ask_for_person, matter.pk)
        await heard(cara, "You asked for a person.")


async def test_one_conversation_has_a_bounded_number_of_sockets(cast: Cast) -> None:
    matter, _ = await in_database(conversation, cast.orders, cast.cara, QUESTION)
    token = conversation_token(matter.pk)
    many = [socket(token) for _ in range(MOST_SOCKETS)]
    for one in many:
        assert (await one.connect(timeout=10))[0]
    late = socket(token)
    await late.connect(timeout=10)
    assert (await late.receive_output(timeout=5))["code"] == TOO_MANY
    await many[0].disconnect(timeout=10)
    again = socket(token)
    await again.connect(timeout=10)
    assert await again.receive_nothing(timeout=0.3)
    for one in [*many[1:], again]:
        await one.disconnect(timeout=10)
    assert not hub.sockets


async def test_whatever_a_page_sends_is_ignored_and_too_much_ends_it(cast: Cast) -> None:
    matter, _ = await in_database(conversation, cast.orders, cast.cara, QUESTION)
    async with opened(matter) as cara:
        await cara.send_to(text_data='{"text": "<b>hello</b>"}')
        await cara.send_to(bytes_data=b"\0\xff")
        assert await silence(cara)
        await cara.send_to(text_data="x" * (64 * 1024 + 1))
        assert (await cara.receive_output(timeout=5)) == {"type": "websocket.close", "code": 1009}
