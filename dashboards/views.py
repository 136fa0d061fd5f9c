"""The supervisor's page, its figures as they are now, and the page that tells everybody how we are."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateformat import format as dated
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from psycopg_pool import PoolTimeout

from accounts.access import role_required
from accounts.models import User
from conversations.fragments import answer, drawn, partial
from conversations.queries import number
from conversations.views import reader
from core import live
from core.context import Actor, acting_as
from core.health import UP, redis_state
from dashboards import queries
from dashboards.status import Facts, status
from dashboards.tiles import Tile, groups
from gateways.choose import standings

looker = role_required("supervisor", "admin")

STATUS = Actor.system("status")
STATUS_SECONDS = 5


@require_safe
@looker
def overview(request: HttpRequest) -> HttpResponse:
    """The whole page. Its address is its state: `?inbox=`."""
    return render(request, "dashboards/overview.html", _page(request))


@require_safe
@looker
def tiles(request: HttpRequest) -> HttpResponse:
    """The figures as they are now: the tiles whose marks are not among `?have=`, the moment, and the live number.

    Without `have` it is all of them, so that a page that was away equals a fresh one.
    """
    page = _page(request)
    have = set(request.GET.get("have", "").split(","))
    changed: list[Tile] = [tile for group in page["groups"] for tile in group.tiles if tile.mark not in have]
    waiting = page["approvals_waiting"]
    # Only where the same inbox is still looked at: an answer that comes late finds no place.
    place = f'#tiles[data-inbox="{page["chosen"] or ""}"]'
    return answer(
        partial("#seq", "textContent", str(page["seq"])),
        drawn("#as-of", "outerMorph", "dashboards/_as_of.html", page),
        drawn("#late", "outerMorph", "dashboards/_late.html", page),
        "" if waiting is None else partial("#count-approvals", "textContent", str(waiting)),
        *[drawn(f"{place} #tile-{tile.name}", "outerMorph", "dashboards/_tile.html", {"tile": tile}) for tile in changed],
    )


def _page(request: HttpRequest) -> dict[str, Any]:
    user = reader(request)
    # Read before the figures: what happens in between is asked for again, never missed.
    seq = live.cursor()
    day, mine = queries.today(user), queries.inboxes(user)
    chosen = _inbox(request, {inbox.pk for inbox in mine})
    found = queries.figures(user, day, chosen)
    now = timezone.now().astimezone(day.zone)
    return {
        "section": "dashboards",
        "seq": seq,
        "today": ", ".join([dated(now, _("l j F")), day.zone_name]),
        "now": now,
        "as_of": f"{now:%H:%M:%S}",
        "inboxes": mine,
        "chosen": chosen,
        "url": "/dashboards/tiles/" + (f"?inbox={chosen}" if chosen else ""),
        "groups": groups(found, chosen),
        "is_admin": user.role == User.Role.ADMIN,
        "approvals_waiting": found.desk.review.everywhere if found.desk else None,
    }


def _inbox(request: HttpRequest, visible: set[int]) -> int | None:
    """The inbox to look at; one that the viewer does not serve is left out, as one that does not exist."""
    asked = number(request.GET.get("inbox"))
    return asked if asked in visible else None


@require_safe
def public_status(request: HttpRequest) -> HttpResponse:
    """GET /status/: for everybody, without a sign-in. 503 while the database is away. Found out once in a few seconds."""
    known: tuple[Facts, datetime] | None = caches["process"].get("status")
    if known is None:
        known = _facts(), timezone.now()
        caches["process"].set("status", known, STATUS_SECONDS)
    found = status(*known)
    context = {"status": found, "company": settings.COMPANY_NAME}
    response = render(request, "dashboards/status.html", context, status=200 if found.is_serving else 503)
    response["Cache-Control"] = f"private, max-age={STATUS_SECONDS}" if found.is_serving else "no-store"
    if not found.is_serving:
        response["Retry-After"] = str(STATUS_SECONDS)
    return response


def _facts() -> Facts:
    has_redis = redis_state() == UP
    try:
        with acting_as(STATUS, read_only=True):
            delays = queries.delays()
    except (OperationalError, InterfaceError, PoolTimeout):
        return Facts(has_database=False, has_redis=has_redis)
    return Facts(has_database=True, has_redis=has_redis, delays=delays, breakers=standings() if has_redis else {})
