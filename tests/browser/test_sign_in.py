"""Signing in, in a real browser."""

import pytest

from tests.cast import PASSWORD

pytestmark = pytest.mark.browser


def test_an_agent_signs_in_and_sees_the_queue(page, site, cast) -> None:
    page.goto("/accounts/login/")
    page.fill("input[name=login]", cast.ana.email)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**/queue/**")
    assert page.title()
