"""Signing in: who comes in and where to, and what strangers learn while they try."""

import socket
import time
from collections.abc import Iterator

import pytest
import time_machine
from django.core.cache import caches
from django.test import Client

from accounts import adapter
from accounts.models import User
from core.cache import ForgivingCache
from core.models import AuditEvent
from tests.cast import PASSWORD, Cast
from tests.house.world import owner_sql
from tests.sockets import signed_in

PAGE = "/accounts/login/"


@pytest.fixture(autouse=True)
def _redis_is_asked_again(settings) -> Iterator[None]:
    """On a busy machine a healthy Redis may be slow; it is given its time here, so that it counts every try."""
    patient = settings.CACHES["redis"] | {"OPTIONS": {"socket_timeout": 10, "socket_connect_timeout": 10}}
    settings.CACHES = settings.CACHES | {"redis": patient}
    ForgivingCache.away_until = 0.0
    yield
    ForgivingCache.away_until = 0.0


@pytest.fixture
def clock_stands() -> Iterator[None]:
    """Limits count by the minute, and a busy machine may need minutes for a dozen passwords."""
    with time_machine.travel(time.time(), tick=False):
        yield


def tries(client: Client, email: str, password: str = PASSWORD, **more: str):
    return client.post(PAGE, {"login": email, "password": password, **more})


def is_signed_in(client: Client) -> bool:
    return client.get("/accounts/password/change/").status_code == 200


def text_of(answer) -> str:
    """The page without what is different in every answer."""
    page = answer.content.decode()
    for hidden in ("csrfmiddlewaretoken", 'name="login"'):
        before, _, after = page.partition(hidden)
        page = before + after.partition(">")[2]
    return page


# --- Where to ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "home"), [("ana", "/queue/"), ("sam", "/queue/"), ("ada", "/admin/")])
def test_everybody_starts_at_his_own_page(cast: Cast, name: str, home: str) -> None:
    client = Client()
    answer = tries(client, getattr(cast, name).email)
    assert (answer.status_code, answer["Location"]) == (302, home)
    assert client.get(home).status_code == 200


def test_the_address_may_be_written_in_any_letters(cast: Cast) -> None:
    assert tries(Client(), f" {cast.ana.email.upper()} ").status_code == 302


def test_the_page_one_came_from_is_returned_to(cast: Cast) -> None:
    client = Client()
    asked = client.get("/queue/?view=mine")
    page = client.get(asked["Location"]).content.decode()
    assert '<input type="hidden" name="next" value="/queue/?view=mine">' in page
    assert tries(client, cast.ana.email, next="/queue/?view=mine")["Location"] == "/queue/?view=mine"


@pytest.mark.parametrize(
    "elsewhere",
    [
        *("https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)"),
        *("https:evil.example", "http:///evil.example", "///evil.example", "/%09/evil.example/..//evil.example\n"),
    ],
)
def test_nobody_is_sent_to_another_site(cast: Cast, elsewhere: str) -> None:
    client = Client()
    page = client.get(PAGE, {"next": elsewhere})
    assert page.status_code == 200
    to = tries(client, cast.ana.email, next=elsewhere)["Location"]
    assert to.startswith("/") and not to.startswith(("//", "/\\"))
    again = client.get(PAGE, {"next": elsewhere})["Location"]
    assert again.startswith("/") and not again.startswith(("//", "/\\"))


def test_whoever_is_signed_in_already_is_not_asked_again(cast: Cast) -> None:
    client = signed_in(cast.ana)
    assert client.get(PAGE)["Location"] == "/queue/"
    assert client.get(PAGE, {"next": "/approvals/"})["Location"] == "/approvals/"


def test_an_agent_who_asked_for_the_admin_is_refused_and_not_sent_round_in_circles(cast: Cast) -> None:
    client = Client()
    assert tries(client, cast.ana.email, next="/admin/")["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 403


def test_after_a_form_that_came_too_late_one_returns_to_its_page(db: None) -> None:
    answer = Client().post("/conversations/1/resolution/", headers={"Referer": "http://testserver/conversations/1/"})
    assert answer["Location"] == f"{PAGE}?next=%2Fconversations%2F1%2F"
    answer = Client().post("/conversations/1/resolution/", headers={"Referer": "https://evil.example/conversations/1/"})
    assert answer["Location"] == f"{PAGE}?next=%2Fqueue%2F"


# --- What strangers learn ----------------------------------------------------------------------------------------------------------


def test_a_wrong_password_and_an_unknown_address_look_the_same(cast: Cast) -> None:
    wrong = tries(Client(), cast.ana.email, "not it")
    unknown = tries(Client(), "nobody@cast.example", "not it")
    left = tries(Client(), cast.mallory.email, "not it")
    assert wrong.status_code == unknown.status_code == left.status_code == 200
    assert text_of(wrong) == text_of(unknown) == text_of(left)
    assert "That email and password don’t match." in text_of(wrong)


def test_a_wrong_password_lets_nobody_in_and_is_written_down(cast: Cast) -> None:
    client = Client()
    tries(client, cast.ana.email, "not it")
    tries(client, "nobody@cast.example", "not it")
    assert not is_signed_in(client)
    refused = AuditEvent.objects.using("owner").filter(event="user.sign_in_refused").order_by("pk")
    assert [one.subject_id for one in refused] == [cast.ana.pk, 0]
    assert not AuditEvent.objects.using("owner").filter(event="user.signed_in").exists()


def test_a_sign_in_is_written_down_with_its_request(cast: Cast) -> None:
    tries(Client(), cast.ana.email)
    event = AuditEvent.objects.using("owner").get(event="user.signed_in")
    assert (event.subject_id, event.actor_kind) == (cast.ana.pk, "door") and event.request_id
    assert cast.fresh(cast.ana).last_login is not None


def test_whoever_was_deactivated_learns_it_only_with_his_password(cast: Cast) -> None:
    client = Client()
    answer = tries(client, cast.mallory.email)
    assert answer["Location"] == "/accounts/inactive/"
    assert "deactivated" in client.get("/accounts/inactive/").content.decode()
    assert not is_signed_in(client)


@pytest.mark.parametrize("email", ["", "x", "a" * 300 + "@x.example", "ana\0@cast.example", "'; DROP TABLE accounts_user --"])
@pytest.mark.parametrize("password", ["", "\0", "x" * 5000, "ä" * 100])
def test_nonsense_is_answered_in_peace(cast: Cast, email: str, password: str) -> None:
    answer = tries(Client(), email, password)
    assert answer.status_code == 200
    assert User.objects.using("owner").count() == 5


def test_the_session_gets_a_new_key_at_sign_in(cast: Cast) -> None:
    client = Client()
    client.cookies["sessionid"] = "planted-by-somebody-else-0123456"
    tries(client, cast.ana.email)
    assert client.cookies["sessionid"].value != "planted-by-somebody-else-0123456"
    assert is_signed_in(client)


def test_signing_out_ends_the_session_for_good(cast: Cast) -> None:
    client = Client()
    tries(client, cast.ana.email)
    stolen = client.cookies["sessionid"].value
    assert client.post("/accounts/logout/")["Location"] == PAGE
    assert "You are signed out." in client.get(PAGE).content.decode()
    thief = Client()
    thief.cookies["sessionid"] = stolen
    assert not is_signed_in(thief)


def test_signing_out_is_asked_before_and_a_link_cannot_do_it(cast: Cast) -> None:
    client = signed_in(cast.ana)
    assert "Sign out?" in client.get("/accounts/logout/").content.decode()
    assert is_signed_in(client)


# --- Who tries too often -----------------------------------------------------------------------------------------------------------


def test_after_five_failures_one_waits_even_with_the_right_password(cast: Cast, clock_stands: None) -> None:
    client = Client()
    answers = [tries(client, cast.ana.email, f"guess {number}").status_code for number in range(6)]
    assert answers == [200, 200, 200, 200, 200, 429]
    locked = tries(client, cast.ana.email)
    assert (locked.status_code, locked["Retry-After"]) == (429, "300")
    assert "Too many tries" in locked.content.decode()
    assert not is_signed_in(client)


def test_an_unknown_address_is_locked_in_the_same_way(cast: Cast, clock_stands: None) -> None:
    answers = [tries(Client(), "nobody@cast.example", "guess") for _ in range(6)]
    assert [one.status_code for one in answers] == [200, 200, 200, 200, 200, 429]


def test_guessing_at_somebody_does_not_lock_the_browser_in_which_he_signed_in_before(cast: Cast, clock_stands: None) -> None:
    anas = Client(REMOTE_ADDR="192.0.2.1")
    tries(anas, cast.ana.email)
    anas.post("/accounts/logout/")
    for number in range(6):
        tries(Client(REMOTE_ADDR=f"198.51.100.{number}"), cast.ana.email, "guess")
    assert tries(Client(REMOTE_ADDR="203.0.113.9"), cast.ana.email).status_code == 429
    assert tries(anas, cast.ana.email).status_code == 302


def test_the_mark_of_a_known_browser_counts_for_its_owner_only(cast: Cast, clock_stands: None) -> None:
    bens = Client(REMOTE_ADDR="192.0.2.2")
    tries(bens, cast.ben.email)
    bens.post("/accounts/logout/")
    for number in range(6):
        tries(Client(REMOTE_ADDR=f"198.51.100.{number}"), cast.ana.email, "guess")
    assert tries(bens, cast.ana.email).status_code == 429


def test_one_network_address_may_fail_ten_times_a_minute_whoever_it_names(cast: Cast, clock_stands: None) -> None:
    client = Client()
    answers = [tries(client, f"somebody{number}@cast.example", "guess").status_code for number in range(12)]
    assert answers == [200] * 10 + [429] * 2


def test_a_forwarded_address_is_not_believed_without_a_proxy_of_ours(cast: Cast, clock_stands: None) -> None:
    answers = [
        Client().post(
            PAGE,
            {"login": f"somebody{number}@cast.example", "password": "guess"},
            headers={"X-Forwarded-For": f"198.51.100.{number}"},
        )
        for number in range(11)
    ]
    assert answers[-1].status_code == 429


def test_success_is_not_counted(cast: Cast) -> None:
    for _ in range(6):
        assert tries(Client(), cast.ana.email).status_code == 302


def test_a_flood_of_sign_ins_is_told_to_come_back_and_not_put_into_a_queue(cast: Cast, settings) -> None:
    held = [adapter.CHECKS_AT_ONCE.acquire(timeout=1) for _ in range(2)]
    patience, adapter.PATIENCE_SECONDS = adapter.PATIENCE_SECONDS, 0.05
    try:
        answer = tries(Client(), cast.ana.email)
    finally:
        adapter.PATIENCE_SECONDS = patience
        for _ in held:
            adapter.CHECKS_AT_ONCE.release()
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert tries(Client(), cast.ana.email).status_code == 302


# --- Without Redis -------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def hung_redis() -> Iterator[int]:
    """Accepts connections and never answers, as a stopped Redis does. Gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def without_redis(settings, port: int) -> None:
    impatient = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5}
    there = settings.CACHES["redis"] | {"LOCATION": f"redis://127.0.0.1:{port}/0", "OPTIONS": impatient}
    settings.CACHES = settings.CACHES | {"redis": there}
    caches["process"].clear()


def test_without_redis_people_still_come_in_and_guessing_is_still_counted(cast: Cast, settings) -> None:
    without_redis(settings, 1)
    assert tries(Client(), cast.ana.email).status_code == 302
    answers = [tries(Client(), cast.ben.email, "guess").status_code for _ in range(6)]
    assert answers == [200, 200, 200, 200, 200, 429]


def test_a_redis_that_hangs_costs_one_moment(cast: Cast, settings, hung_redis: int) -> None:
    without_redis(settings, hung_redis)
    began = time.monotonic()
    assert tries(Client(), cast.ana.email).status_code == 302
    assert time.monotonic() - began < 4
    began = time.monotonic()
    assert tries(Client(), cast.ana.email).status_code == 302
    assert time.monotonic() - began < 3


def test_once_redis_is_back_it_is_asked_again(db: None) -> None:
    ForgivingCache.away_until = time.monotonic() + 60
    caches["default"].set("one", 1)
    assert caches["process"].get("one") == 1 and caches["redis"].get("one") is None
    ForgivingCache.away_until = 0.0
    caches["default"].set("two", 2)
    assert caches["redis"].get("two") == 2
    assert caches["default"].incr("two") == 3
    assert caches["default"].add("two", 9) is False and caches["default"].touch("two", 60)
    assert caches["default"].delete("two") and caches["default"].get("two", "gone") == "gone"


# --- The other pages at the door -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/accounts/login/", "Sign in"),
        ("/accounts/password/reset/", "No mail is sent from here"),
        ("/accounts/password/set/", "No mail is sent from here"),
        ("/accounts/email/", "Your admin can change it"),
        ("/accounts/confirm-email/", "Your admin can change it"),
        ("/accounts/signup/", "Accounts are made by admins"),
        ("/accounts/inactive/", "This account is closed"),
    ],
)
def test_a_stranger_s_page_wears_the_product_s_clothes(db: None, path: str, says: str) -> None:
    page = Client().get(path).content.decode()
    assert says in page and "css/account.css" in page and 'class="signin' in page


@pytest.mark.parametrize(
    "path", ["/accounts/password/reset/", "/accounts/signup/", "/accounts/email/", "/accounts/confirm-email/"]
)
def test_nobody_signs_up_or_resets_a_password_by_himself(cast: Cast, path: str) -> None:
    before = cast.ana.password
    answer = Client().post(path, {"email": cast.ana.email, "password1": "a good long one", "password2": "a good long one"})
    assert answer.status_code in (200, 405)
    assert User.objects.using("owner").count() == 5 and cast.fresh(cast.ana).password == before


@pytest.mark.parametrize(
    "path", ["/accounts/2fa/", "/accounts/password/change/", "/accounts/sessions/", "/accounts/2fa/totp/activate/"]
)
def test_one_s_own_pages_ask_strangers_to_sign_in(db: None, path: str) -> None:
    assert Client().get(path)["Location"].startswith(f"{PAGE}?next=")


@pytest.mark.parametrize("name", ["ana", "sam", "ada"])
@pytest.mark.parametrize("path", ["/accounts/2fa/", "/accounts/password/change/", "/accounts/sessions/", "/accounts/logout/"])
def test_one_s_own_pages_open_for_every_role(cast: Cast, name: str, path: str) -> None:
    client = Client()
    tries(client, getattr(cast, name).email)
    assert client.get(path).status_code == 200


def test_one_changes_one_s_own_password_and_stays_signed_in_here_only(cast: Cast) -> None:
    here, there = Client(), Client()
    tries(here, cast.ana.email)
    tries(there, cast.ana.email)
    new = "seven green bicycles"
    answer = here.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert answer.status_code == 302
    assert "Your password is changed." in here.get("/accounts/password/change/").content.decode()
    assert is_signed_in(here) and not is_signed_in(there)
    assert tries(Client(), cast.ana.email, new).status_code == 302
    assert tries(Client(), cast.ana.email, PASSWORD).status_code == 200
    assert AuditEvent.objects.using("owner").filter(event="user.password_set", subject_id=cast.ana.pk).count() == 1


@pytest.mark.parametrize("new", ["short", "password1234", "ana@cast.example"])
def test_a_weak_password_is_refused(cast: Cast, new: str) -> None:
    client = Client()
    tries(client, cast.ana.email)
    answer = client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert answer.status_code == 200 and 'aria-invalid="true"' in answer.content.decode()
    assert cast.fresh(cast.ana).password == cast.ana.password


def test_one_sees_where_one_is_signed_in_and_ends_the_rest(cast: Cast) -> None:
    here, there = Client(HTTP_USER_AGENT="Firefox"), Client(HTTP_USER_AGENT="Chromium")
    tries(here, cast.ana.email)
    tries(there, cast.ana.email)
    page = here.get("/accounts/sessions/").content.decode()
    assert "Firefox" in page and "Chromium" in page
    here.post("/accounts/sessions/")
    assert is_signed_in(here) and not is_signed_in(there)


def test_a_second_step_is_set_up_asked_for_and_taken_away_by_an_admin(cast: Cast) -> None:
    from allauth.mfa.totp.internal import auth as totp

    client = Client()
    tries(client, cast.ana.email)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert "data:image/svg" in client.get("/accounts/2fa/totp/activate/").content.decode()
    secret = client.session["mfa.totp.secret"]
    code = totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))
    assert client.post("/accounts/2fa/totp/activate/", {"code": code}).status_code == 302
    for path in ("/accounts/2fa/", "/accounts/2fa/recovery-codes/", "/accounts/2fa/recovery-codes/generate/"):
        assert client.get(path).status_code == 200

    other = Client()
    assert tries(other, cast.ana.email)["Location"].startswith("/accounts/2fa/authenticate/")
    assert not is_signed_in(other)
    assert "code" in other.get("/accounts/2fa/authenticate/").content.decode()
    assert other.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 200
    assert not is_signed_in(other)

    ada = signed_in(cast.ada)
    ada.post("/admin/accounts/user/", {"action": "remove_second_step", "_selected_action": [cast.ana.pk]})
    assert owner_sql("SELECT count(*) FROM mfa_authenticator") == [(0,)]
    assert tries(Client(), cast.ana.email)["Location"] == "/queue/"


def test_what_changes_the_second_step_asks_for_the_password_once_more(cast: Cast) -> None:
    client = Client()
    tries(client, cast.ana.email)
    asked = client.get("/accounts/2fa/totp/activate/")
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert "Is it you?" in client.get(asked["Location"]).content.decode()
    wrong = client.post(asked["Location"], {"password": "not it", "next": "/accounts/2fa/totp/activate/"})
    assert wrong.status_code == 200 and "That is not your password." in wrong.content.decode()
    right = client.post(asked["Location"], {"password": PASSWORD, "next": "/accounts/2fa/totp/activate/"})
    assert right["Location"] == "/accounts/2fa/totp/activate/"


def test_late_work_is_told_beside_the_form(cast: Cast) -> None:
    assert "Everything is running" in Client().get(PAGE).content.decode()
    owner_sql(
        "INSERT INTO core_job (kind, ref, lane, rank, state, run_at) VALUES ('k', 1, 'draft', 3, 'ready', now() - interval '2 min')"
    )
    page = Client().get(PAGE).content.decode()
    assert "Some work is late" in page and "Late" in page


def test_the_address_without_a_path_leads_to_the_door_or_to_one_s_work(cast: Cast) -> None:
    assert Client().get("/").url == PAGE  # type: ignore[attr-defined]
    for name, home in (("ana", "/queue/"), ("sam", "/queue/"), ("ada", "/admin/")):
        assert signed_in(getattr(cast, name)).get("/").url == home  # type: ignore[attr-defined]
