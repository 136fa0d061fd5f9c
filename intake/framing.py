"""Our form and our chat in a frame of somebody's site, and how a sending is known to come from a page of ours.

A browser keeps and sends no cookie of ours inside a foreign page's frame, so there the proof is the `Origin` of the sending, which
no page can set, together with the number that is signed into the form. Everywhere else it is the cookie.
"""

import re
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.urls import get_callable
from django.views.decorators.csrf import csrf_exempt, csrf_protect

ASKED = "?embed=1"
# What the files of one message may have together, the words and the frame of the upload around them.
MOST_BYTES = 30 * 1024 * 1024
SAFE = ("GET", "HEAD", "OPTIONS")
# Written into a header: nothing but a scheme, a host and a port may get there.
_ORIGIN = re.compile(r"https?://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?")

View = Callable[..., HttpResponse]


def is_asked(request: HttpRequest) -> bool:
    """Whether the page is wanted in the layout for a frame."""
    return request.GET.get("embed") == "1"


def origins(named: Iterable[object]) -> tuple[str, ...]:
    """Those of the named that are whole origins."""
    return tuple(one for one in named if isinstance(one, str) and _ORIGIN.fullmatch(one))


def allow(response: HttpResponse, named: Iterable[object]) -> None:
    """These sites may show this one answer in a frame; nobody may when none is named."""
    found = origins(named)
    if found:
        response.frame_ancestors = found  # type: ignore[attr-defined]
        response.xframe_options_exempt = True  # type: ignore[attr-defined]


def from_our_pages(view: View) -> View:
    """A view whose sendings come from pages of ours, and are not larger than a message with its files can be."""
    by_cookie = csrf_protect(view)

    @csrf_exempt
    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        # Before the body is taken apart, which writes files to disk.
        if _length(request) > MOST_BYTES:
            raise RequestDataTooBig("more than a message with its files can have")
        if not is_asked(request):
            return by_cookie(request, *args, **named)
        if request.method in SAFE or is_of_ours(request):
            return view(request, *args, **named)
        refused: HttpResponse = get_callable(settings.CSRF_FAILURE_VIEW)(request, reason="not from a page of ours")
        return refused

    return opened


def is_of_ours(request: HttpRequest) -> bool:
    """Whether a page of this very address sent it, as the browser says."""
    origin = request.META.get("HTTP_ORIGIN", "").lower()
    host = request.get_host().lower()
    return bool(origin) and (origin in (f"https://{host}", f"http://{host}") or origin in settings.CSRF_TRUSTED_ORIGINS)


def _length(request: HttpRequest) -> int:
    announced = request.META.get("CONTENT_LENGTH") or "0"
    return int(announced) if announced.isdecimal() else 0
