"""Pages in the language and the time zone of whoever reads them."""

from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

from accounts.models import User

Handler = Callable[[HttpRequest], HttpResponse]


class ViewerMiddleware:
    """Language: the person's own choice, else the browser's. Time zone: the person's. Stands inside ActorMiddleware, which knows the person."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = getattr(request, "viewer", None)
        language = language_of(user, request)
        with translation.override(language), timezone.override(zone_of(user)):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ["Accept-Language"])
        return response


def language_of(user: User | None, request: HttpRequest) -> str:
    """A language that there are texts in."""
    return (user.language if user else "") or translation.get_language_from_request(request)


def zone_of(user: User | None) -> ZoneInfo:
    """The person's zone; UTC for a stranger, while nothing is known, and for a name that no zone has any more."""
    try:
        return ZoneInfo((user.timezone if user else "") or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
