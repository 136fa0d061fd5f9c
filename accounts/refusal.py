"""What sign-in answers when it does not even look at the password."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

WAIT_SECONDS, BUSY_SECONDS = 300, 5


def too_many_tries(request: HttpRequest) -> HttpResponse:
    """429: wait. The same whether the account exists or not."""
    response = render(request, "429.html", {"minutes": WAIT_SECONDS // 60}, status=429)
    response["Retry-After"] = str(WAIT_SECONDS)
    return response


def busy(request: HttpRequest) -> HttpResponse:
    """503: more people sign in at this moment than passwords can be checked."""
    response = render(request, "errors/503.html", status=503)
    response["Retry-After"] = str(BUSY_SECONDS)
    return response
