"""Files on an origin of their own: by links that live a minute and die with the right to see."""

import time

import time_machine
from django.test import Client

from conversations.models import Attachment
from intake.links import conversation_token
from tests.cast import Cast
from tests.conversations.test_scanning import arrived
from tests.house.world import owner_sql
from tests.sockets import signed_in

FILES = "files.test"


def on_two_origins(settings) -> None:
    settings.FILES_URL = f"http://{FILES}"
    settings.ALLOWED_HOSTS = ["testserver", FILES]


def followed(url: str) -> object:
    """The link opened by a browser that nobody has signed in to."""
    assert url.startswith(f"http://{FILES}/files/")
    return Client(headers={"host": FILES}).get(url.removeprefix(f"http://{FILES}"))


def link(client: Client, file: Attachment, query: str = "") -> str:
    answer = client.get(f"/attachments/{file.pk}/{query}")
    assert answer.status_code == 302 and answer["Cache-Control"] == "no-store"
    return answer["Location"]


def test_a_colleague_is_led_to_the_other_origin_and_needs_no_cookie_there(cast: Cast, ana: Client, settings) -> None:
    on_two_origins(settings)
    file = arrived(cast.orders, b"harmless words")
    answer = followed(link(ana, file))
    assert answer.content == b"harmless words" and "sandbox" in answer["Content-Security-Policy"]
    assert answer["Content-Disposition"].startswith("attachment") and "Set-Cookie" not in answer


def test_the_link_dies_within_a_minute(cast: Cast, ana: Client, settings) -> None:
    on_two_origins(settings)
    file = arrived(cast.orders, b"harmless words")
    url = link(ana, file)
    assert followed(url).status_code == 200
    with time_machine.travel(time.time() + 61):
        assert followed(url).status_code == 404


def test_the_link_dies_with_the_right_to_see(cast: Cast, ana: Client, settings) -> None:
    on_two_origins(settings)
    url = link(ana, arrived(cast.orders, b"harmless words"))
    owner_sql("DELETE FROM accounts_membership WHERE user_id = %s", cast.ana.pk)
    assert followed(url).status_code == 404


def test_nobody_makes_or_changes_a_link(cast: Cast, ana: Client, settings) -> None:
    on_two_origins(settings)
    url = link(ana, arrived(cast.orders, b"harmless words"))
    for wrong in (url[:-3] + "xx/", f"http://{FILES}/files/1/", f"http://{FILES}/files/W10:abc:def/"):
        assert followed(wrong).status_code == 404


def test_a_foreign_file_gets_no_link(cast: Cast, settings) -> None:
    on_two_origins(settings)
    file = arrived(cast.orders, b"harmless words")
    bens = signed_in(cast.ben)
    assert bens.get(f"/attachments/{file.pk}/").content == bens.get("/attachments/999999/").content
    assert bens.get(f"/attachments/{file.pk}/").status_code == 404


def test_a_customer_is_led_there_too(cast: Cast, settings) -> None:
    on_two_origins(settings)
    file = arrived(cast.orders, b"harmless words")
    answer = Client().get(f"/c/{conversation_token(file.conversation_id)}/files/{file.pk}/")
    assert answer.status_code == 302 and followed(answer["Location"]).content == b"harmless words"


def test_on_the_files_origin_there_is_nothing_else_and_on_ours_no_link(cast: Cast, ana: Client, settings) -> None:
    on_two_origins(settings)
    url = link(ana, arrived(cast.orders, b"harmless words"))
    for path in ("/queue/", "/contact/", "/healthz", "/admin/", "/static/logo.svg"):
        assert Client(headers={"host": FILES}).get(path).status_code == 404
    assert ana.get(url.removeprefix(f"http://{FILES}")).status_code == 404


def test_without_an_origin_of_their_own_links_do_not_exist(cast: Cast, ana: Client) -> None:
    file = arrived(cast.orders, b"harmless words")
    assert ana.get(f"/attachments/{file.pk}/").content == b"harmless words"
    assert ana.get("/files/anything/").status_code == 404
