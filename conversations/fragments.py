"""Pieces of a page that replace others: what an action answers, and what a socket says."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe


def partial(target: str, swap: str, html: str) -> SafeString:
    """One `<hx-partial>`: `target` is a CSS selector, `html` is already safe. A target that is not on the page is skipped."""
    return format_html('<hx-partial hx-target="{}" hx-swap="{}">{}</hx-partial>', target, swap, mark_safe(html))  # noqa: S308


def drawn(target: str, swap: str, template: str, context: dict[str, Any], request: HttpRequest | None = None) -> SafeString:
    """The same with a template."""
    return partial(target, swap, render_to_string(template, context, request))


def toast(text: str, *, icon: str = "check", sub: str = "") -> SafeString:
    """A notice for the person who acted, seen and announced."""
    shown = render_to_string("console/_toast.html", {"text": text, "icon": icon, "sub": sub})
    return mark_safe(partial("#toasts", "beforeend", shown) + say(text))  # noqa: S308


def say(text: str, *, urgent: bool = False) -> SafeString:
    """An announcement for screen readers only."""
    return partial("#live-assertive" if urgent else "#live-polite", "textContent", format_html("{}", text))


def answer(*parts: str, status: int = 200) -> HttpResponse:
    return HttpResponse("".join(parts), status=status)


def wants_fragment(request: HttpRequest) -> bool:
    """Whether a part of the page asks, rather than the browser (or the history, which needs the whole page)."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-Request-Type") != "full"
