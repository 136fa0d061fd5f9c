"""The one dialog of the console that is filled when it is asked for: with a form about the conversation, or about many."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from conversations.fragments import answer, drawn, say


def sheet(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200, told: str = "") -> HttpResponse:
    """The dialog with this in it; `told` is what was wrong, which is announced too."""
    filled = drawn("#sheet", "innerHTML", template, context | {"told": told}, request)
    return answer(filled, *([say(told, urgent=True)] if told else []), status=status)


def closed() -> str:
    """The dialog emptied: a script closes it then, and gives the focus back."""
    return '<hx-partial hx-target="#sheet" hx-swap="innerHTML"></hx-partial>'
