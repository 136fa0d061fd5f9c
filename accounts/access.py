"""Who may open which page. Row security decides about rows; this decides about doors."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import urlencode

View = Callable[..., HttpResponse]

SIGN_IN = "/accounts/login/"


def role_required(*roles: str) -> Callable[[View], View]:
    """Admit signed-in people with one of `roles`. Others: anonymous to the sign-in page (and back), wrong role PermissionDenied."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return _to_sign_in(request)
            if request.user.role not in roles:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """A fragment request cannot show the sign-in page inside a pane, so the whole page is sent there."""
    if request.headers.get("HX-Request") == "true":
        address = urlsplit(request.headers.get("HX-Current-URL", "")).path or "/queue/"
        response = HttpResponse(status=401)
        response["HX-Redirect"] = f"{SIGN_IN}?{urlencode({'next': address})}"
        return response
    return redirect(f"{SIGN_IN}?{urlencode({'next': request.get_full_path()})}")
