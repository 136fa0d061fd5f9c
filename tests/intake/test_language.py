"""Customers' pages in the browser's language."""

import re

import pytest
from django.core.cache import caches
from django.test import Client

from core import limits
from intake.links import conversation_token
from tests.build import arrives
from tests.cast import Cast
from tests.intake.harmless import read

GERMAN = {"HTTP_ACCEPT_LANGUAGE": "de-AT,de;q=0.9,en;q=0.5"}
# Figures that a browser or a script reads, not a person.
MEASURE = re.compile(r'\s[\w-]+="[-\d\s.%]*\d,\d[-\d\s.,%]*"')


@pytest.fixture(autouse=True)
def _nobody_has_written_yet(cast: Cast) -> None:
    limits.forget()
    for cache in caches.all():
        cache.clear()


def told(page: str) -> str:
    return " ".join("".join(read(page).text).split())


def test_a_customer_reads_the_form_and_his_page_in_german(cast: Cast) -> None:
    form = Client().get("/contact/", **GERMAN)
    assert form.headers["Content-Language"] == "de"
    assert '<html lang="de"' in form.text
    assert "Wie es weitergeht" in form.text
    assert "Eine Bestellung oder Rücksendung" in form.text
    assert "Das geschieht spätestens in" in form.text
    matter = arrives(cast.orders, "Wo ist mein Paket?").conversation
    page = Client().get(f"/c/{conversation_token(matter.pk)}/", **GERMAN).text
    assert "Sie schreiben mit einer KI." in told(page)
    assert "Der Assistent liest Ihre Nachricht." in told(page)
    assert not MEASURE.search(form.text + page)


def test_what_was_wrong_is_told_in_german_too(cast: Cast) -> None:
    answer = Client().post("/contact/", {"email": "nobody"}, **GERMAN)
    assert answer.status_code == 422
    assert "Zwei Angaben fehlen oder stimmen nicht" in answer.text
    assert "Geben Sie eine E-Mail-Adresse mit @ ein, etwa name@example.com" in answer.text


def test_an_unknown_language_reads_as_english(cast: Cast) -> None:
    form = Client().get("/contact/", HTTP_ACCEPT_LANGUAGE="xx")
    assert '<html lang="en"' in form.text
    assert "What happens next" in form.text


@pytest.mark.parametrize("address", ["/c/forged/", "/nowhere/", "/status/", "/accounts/login/"])
def test_pages_for_strangers_follow_the_browser(cast: Cast, address: str) -> None:
    german, english = (Client().get(address, HTTP_ACCEPT_LANGUAGE=code).text for code in ("de", "en"))
    assert '<html lang="de"' in german
    assert '<html lang="en"' in english
    assert told(german) != told(english)
