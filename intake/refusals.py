"""Requests that no view ever saw: too large, unreadable, or without our cookie. Customers get a page that says what to do."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views import defaults
from django.views.csrf import csrf_failure

from conversations.fragments import answer, drawn, wants_fragment
from intake import actions, contact
from intake.answers import page

TOO_LARGE = _("That was too much at once: all files together may have 25 MB. Your text is kept.")
DAMAGED = _("What your browser sent was damaged on its way. Your text is kept: send it again.")
CUSTOMERS = ("/contact/", "/c/")


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """413 for a body beyond the limit, 400 for one that cannot be parsed. Named as handler400 in contactcenter.urls."""
    status = 413 if isinstance(exception, RequestDataTooBig) else 400
    if wants_fragment(request) and request.path.startswith("/c/"):
        # The page is still there, with every word in its box: only what was wrong is said.
        error = TOO_LARGE if status == 413 else DAMAGED
        return answer(drawn("#write-notice", "innerHTML", "intake/_notice.html", {"error": error}), status=status)
    if request.path.startswith(CUSTOMERS):
        return page(request, "unreadable.html", status=status, is_too_large=status == 413)
    response = defaults.bad_request(request, exception)
    response.status_code = status
    return response


def unproven(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without our cookie; what was typed is kept. Named by CSRF_FAILURE_VIEW."""
    path = request.path.split("/")
    if request.path == "/contact/":
        return contact.unproven(request)
    if len(path) in (5, 6) and path[1] == "c":
        return actions.unproven(request, path[2])
    return csrf_failure(request, reason)
