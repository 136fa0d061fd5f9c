"""Two origins: on the one of FILES_URL there are files and nothing else; on every other there are none of its links."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound

from conversations.file_links import PATH


class FilesOriginMiddleware:
    """Answers 404 before anything else looks at what was asked of the wrong origin."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_link = request.path.startswith(PATH)
        is_there = bool(settings.FILES_URL) and request.get_host() == urlsplit(settings.FILES_URL).netloc
        return self.get_response(request) if is_link == is_there else HttpResponseNotFound()
