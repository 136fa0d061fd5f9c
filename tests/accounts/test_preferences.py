"""What a person sets for himself, and that pages follow it."""

import pytest
from django.test import Client

from accounts.models import User
from tests.cast import Cast
from tests.sockets import signed_in

PAGE = "/settings/"
WISHES = {"language": "en", "timezone": "Europe/Berlin", "theme": "dark", "letter_keys": ""}


@pytest.mark.parametrize("name", ["ana", "sam", "ada"])
def test_everybody_sets_his_own_language_zone_theme_and_keys(cast: Cast, name: str):
    user = getattr(cast, name)
    page = signed_in(user)
    assert page.get(PAGE).status_code == 200
    assert page.post(PAGE, WISHES).status_code == 302
    kept = cast.fresh(user)
    assert (kept.language, kept.timezone, kept.theme, kept.letter_keys) == ("en", "Europe/Berlin", "dark", False)
    assert kept.epoch == user.epoch, "no right has changed, so nobody is signed out"


def test_a_zone_that_does_not_exist_is_refused_with_what_was_typed(cast: Cast):
    answer = signed_in(cast.ana).post(PAGE, WISHES | {"timezone": "Mars/Olympus"})
    assert answer.status_code == 422
    assert "There is no such time zone" in answer.text
    assert "Mars/Olympus" in answer.text
    assert cast.fresh(cast.ana).timezone == ""


def test_nobody_sets_what_is_not_his_to_set(cast: Cast):
    signed_in(cast.ana).post(PAGE, WISHES | {"role": "admin", "capacity": 500, "is_active": "", "name": "Boss"})
    kept = cast.fresh(cast.ana)
    assert (kept.role, kept.capacity, kept.is_active, kept.name) == ("agent", 20, True, "Ana Cast")


def test_strangers_are_asked_to_sign_in(cast: Cast):
    assert Client().get(PAGE).url.startswith("/accounts/login/")


def test_pages_speak_the_persons_language_before_the_browsers(cast: Cast):
    german = {"HTTP_ACCEPT_LANGUAGE": "de,en;q=0.5"}
    page = signed_in(cast.ana)
    assert page.get(PAGE, **german).headers["Content-Language"] == "de"
    User.objects.using("owner").filter(pk=cast.ana.pk).update(language="en")
    assert page.get(PAGE, **german).headers["Content-Language"] == "en"


def test_a_zone_that_is_no_more_reads_as_utc(cast: Cast):
    User.objects.using("owner").filter(pk=cast.ana.pk).update(timezone="Nowhere/Gone")
    assert signed_in(cast.ana).get("/queue/").status_code == 200


def test_the_browser_says_where_somebody_is_who_never_said_so(cast: Cast):
    page = signed_in(cast.ana)
    assert 'data-zone=""' in page.get("/queue/").text
    assert page.post("/settings/zone/", {"zone": "Asia/Tokyo"}).status_code == 204
    assert 'data-zone="Asia/Tokyo"' in page.get("/queue/").text


def test_the_browser_does_not_overrule_a_choice(cast: Cast):
    page = signed_in(cast.ana)
    page.post(PAGE, WISHES)
    assert page.post("/settings/zone/", {"zone": "Asia/Tokyo"}).status_code == 204
    assert page.post("/settings/zone/", {"zone": "Mars/Olympus"}).status_code == 422
    assert cast.fresh(cast.ana).timezone == "Europe/Berlin"
