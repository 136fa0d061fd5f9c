"""Who may open which page. Row security decides about rows; this decides about doors."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

View = Callable[..., HttpResponse]

SIGN_IN = settings.LOGIN_URL


def home_of(user: Any) -> str:
    """Where somebody starts who asked for no page in particular."""
    return "/admin/" if user.role == user.Role.ADMIN else "/queue/"


def role_required(*roles: str) -> Callable[[View], View]:
    """Admit signed-in people with one of `roles`. Others: anonymous to the sign-in page (and back), wrong role PermissionDenied."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return to_sign_in(request)
            if request.user.role not in roles:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and back. A fragment cannot show it inside a pane, so then the whole page is sent there."""
    is_fragment = request.headers.get("HX-Request") == "true"
    query = {"next": _page_of(request, is_fragment)} | ({"ended": "1"} if _has_run_out(request) else {})
    address = f"{SIGN_IN}?{urlencode(query)}"
    response = HttpResponse(status=401) if is_fragment else redirect(address)
    if is_fragment:
        response["HX-Redirect"] = address
    if "ended" in query:
        response["Clear-Site-Data"] = '"cache"'
    return response


def _page_of(request: HttpRequest, is_fragment: bool) -> str:
    """The page the person looks at: not the fragment it asked for, nor what only a POST opens."""
    if not is_fragment and request.method in ("GET", "HEAD"):
        return request.get_full_path()
    shown = request.headers.get("HX-Current-URL" if is_fragment else "Referer", "")
    path = urlsplit(shown).path
    is_ours = url_has_allowed_host_and_scheme(shown, allowed_hosts={request.get_host()})
    return path if path and is_ours else "/queue/"


def _has_run_out(request: HttpRequest) -> bool:
    return bool(getattr(request.session, "is_expired", False))
