"""The body of what a program posts, as far as it may be long."""

from django.http import HttpRequest


def body_of(request: HttpRequest, most: int) -> bytes | None:
    """All of it; None for one of more than `most` bytes, whatever length was announced or not.

    One that says itself that it is longer is not read at all.
    """
    announced = request.headers.get("Content-Length", "")
    if announced.isdecimal() and int(announced) > most:
        return None
    body = request.read(most + 1)
    return body if len(body) <= most else None
