"""Sessions end when nobody is there: what keeps one alive, what does not, and what a page is told afterwards."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Session
from accounts.sessions import BEGAN, LIFETIME, SessionStore
from contactcenter.asgi import application
from core.context import Actor, acting_as
from core.live import IDLE, SIGNED_OUT, in_thread
from tests.cast import PASSWORD, Cast
from tests.house.world import owner_sql
from tests.sockets import WAIT, Socket, signed_in, socket_of

HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/approvals/"}


def goes_by(seconds: float) -> None:
    """What the clock would do to every session: it ends so much sooner."""
    owner_sql("UPDATE accounts_session SET expire_date = expire_date - make_interval(secs => %s)", seconds)


def forget_last_touch(client: Client) -> None:
    """As if the last thing the person did was long enough ago for the next to be written down."""
    session = client.session
    session["seen"] = 0
    session.save()


def left(client: Client) -> float:
    kept = Session.objects.using("owner").get(pk=client.cookies["sessionid"].value)
    return (kept.expire_date - timezone.now()).total_seconds()


def test_an_hour_without_activity_ends_a_session(cast: Cast) -> None:
    client = signed_in(cast.ana)
    assert client.get("/queue/").status_code == 200
    assert 3500 < left(client) <= 3600
    goes_by(3601)
    assert client.get("/queue/")["Location"] == "/accounts/login/?next=%2Fqueue%2F&ended=1"


def test_what_a_person_does_keeps_it(cast: Cast) -> None:
    client = signed_in(cast.ana)
    forget_last_touch(client)
    goes_by(3000)
    client.get("/queue/")
    assert left(client) > 3500


@pytest.mark.parametrize("path", ["/queue/", "/queue/sync/?after=0", "/approvals/"])
def test_what_a_page_asks_by_itself_does_not(cast: Cast, path: str) -> None:
    client = signed_in(cast.ana)
    forget_last_touch(client)
    goes_by(3000)
    assert client.get(path, headers={"X-Background": "1"}).status_code in (200, 404)
    assert left(client) < 700


def test_a_short_idle_time_ends_sessions_sooner(cast: Cast, settings) -> None:
    settings.SESSION_COOKIE_AGE = 6
    client = signed_in(cast.ana)
    assert left(client) <= 6
    goes_by(4)
    client.get("/queue/", headers={"X-Background": "1"})
    assert left(client) <= 2
    forget_last_touch(client)
    assert left(client) > 4
    goes_by(7)
    assert client.get("/queue/").status_code == 302


def test_a_fragment_of_an_ended_session_sends_the_whole_page_to_sign_in(cast: Cast) -> None:
    client = signed_in(cast.ana)
    goes_by(3601)
    answer = client.get("/queue/", headers=HTMX)
    assert (answer.status_code, answer["HX-Redirect"]) == (401, "/accounts/login/?next=%2Fapprovals%2F&ended=1")
    assert answer["Clear-Site-Data"] == '"cache"'


def test_a_fragment_from_another_site_s_page_leads_to_our_own(cast: Cast) -> None:
    answer = Client().get("/queue/", headers=HTMX | {"HX-Current-URL": "https://evil.example/steal/"})
    assert answer["HX-Redirect"] == "/accounts/login/?next=%2Fqueue%2F"


def test_sign_in_says_why_and_returns_to_the_place(cast: Cast) -> None:
    client = signed_in(cast.ana)
    goes_by(3601)
    page = client.get(client.get("/approvals/")["Location"])
    assert "Your session has ended" in page.content.decode() and 'value="/approvals/"' in page.content.decode()
    answer = client.post("/accounts/login/", {"login": cast.ana.email, "password": PASSWORD, "next": "/approvals/"})
    assert answer["Location"] == "/approvals/"


def test_it_does_not_claim_that_of_somebody_who_never_came_in_or_was_put_out(cast: Cast) -> None:
    assert "ended" not in Client().get("/queue/")["Location"]
    stranger = Client()
    stranger.cookies["sessionid"] = "never-seen-before-0123456789abcd"
    assert "ended" not in stranger.get("/queue/")["Location"]
    client = signed_in(cast.ana)
    owner_sql("DELETE FROM accounts_session")
    assert "ended" not in client.get("/queue/")["Location"]


def test_twelve_hours_end_it_whatever_one_does(cast: Cast) -> None:
    client = Client()
    client.post("/accounts/login/", {"login": cast.ana.email, "password": PASSWORD})
    session = client.session
    session[BEGAN] = int((timezone.now() - LIFETIME + timedelta(minutes=10)).timestamp())
    session["seen"] = 0
    session.save()
    assert client.get("/queue/").status_code == 200
    assert left(client) <= 600


def test_the_lifetime_is_counted_from_the_sign_in(cast: Cast) -> None:
    before = timezone.now()
    client = Client()
    client.post("/accounts/login/", {"login": cast.ana.email, "password": PASSWORD})
    began = datetime.fromtimestamp(client.session[BEGAN], UTC)
    assert before - timedelta(seconds=2) <= began <= timezone.now()


def test_the_browser_forgets_the_session_when_it_is_closed(cast: Cast) -> None:
    client = Client()
    client.post("/accounts/login/", {"login": cast.ana.email, "password": PASSWORD})
    cookie = client.cookies["sessionid"]
    assert (cookie["max-age"], cookie["httponly"], cookie["samesite"]) == ("", True, "Lax")


def test_ended_sessions_are_cleared_and_others_are_not(cast: Cast) -> None:
    anas, sams = signed_in(cast.ana), signed_in(cast.sam)
    owner_sql("UPDATE accounts_session SET expire_date = now() - interval '1 second' WHERE user_id = %s", cast.ana.pk)
    SessionStore.clear_expired()
    assert [one.pk for one in Session.objects.using("owner").all()] == [sams.cookies["sessionid"].value]
    assert anas.get("/queue/").status_code == 302


def test_only_the_door_may_look_at_sessions(cast: Cast) -> None:
    signed_in(cast.ana)
    with acting_as(Actor.door()):
        assert Session.objects.count() == 1
    for actor in (Actor.of(cast.ana), Actor.of(cast.ada), Actor.system("curious")):
        with pytest.raises(Exception, match="permission denied"), acting_as(actor):
            Session.objects.count()


async def test_an_open_page_does_not_keep_its_session_and_its_socket_ends_with_it(cast: Cast, hub_ends: None, settings) -> None:

    settings.SESSION_COOKIE_AGE = 2
    client = await in_thread(signed_in)(cast.ana)
    socket = await socket_of(client, "/ws/queue/", Actor.of(cast.ana))
    await socket.send_to(text_data="ping")
    closed = await socket.receive_output(timeout=WAIT)
    assert (closed["type"], closed["code"]) == ("websocket.close", IDLE)


async def test_a_socket_without_a_session_says_so(db: None) -> None:

    socket = Socket(application, "/ws/queue/", headers=[(b"origin", b"http://localhost"), (b"host", b"localhost")])
    await socket.connect(timeout=WAIT)
    closed = await socket.receive_output(timeout=WAIT)
    assert (closed["type"], closed["code"]) == ("websocket.close", SIGNED_OUT)
