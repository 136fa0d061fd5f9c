"""People at their screens, for the tests in a real browser."""

from playwright.sync_api import Page, expect

from accounts.models import User
from tests.cast import PASSWORD

DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


def signs_in(page: Page, user: User, path: str = "/queue/") -> Page:
    """`user` signs in as a person does and lands on `path`."""
    page.goto(f"/accounts/login/?next={path}")
    page.fill("input[name=login]", user.email)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(f"**{path}")
    return page


def signed_in(new_context, user: User, path: str = "/queue/", *, state: str = "live", **options: object) -> Page:
    """A page of the console that is live, or connected as `state` says."""
    page = signs_in(new_context(**{"viewport": DESK, **options}).new_page(), user, path)
    expect(page.locator(f"#net[data-state={state}]")).to_be_attached(timeout=20_000)
    return page


def armed(page: Page) -> None:
    """Decision keys act 700 ms after a draft is shown."""
    page.wait_for_timeout(800)
