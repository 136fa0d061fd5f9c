"""The drawn icons, by name."""

from functools import cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str, size: str = "i") -> SafeString:
    """The icon `name`; `size` is one of the classes i (16 px), i-s (14), i-xs (12), i-l (20)."""
    return drawn(name, size)


@cache
def drawn(name: str, size: str) -> SafeString:
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}#i-{}"/></svg>', size, static("icons.svg"), name)
