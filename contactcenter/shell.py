"""What every page of the console prints around its content, whichever room it is from."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from conversations import shortcuts

THEMES = [
    (User.Theme.LIGHT, _("Light"), "sun"),
    (User.Theme.DARK, _("Dark"), "moon"),
    (User.Theme.SYSTEM, _("System"), "settings"),
]


def shell(request: HttpRequest) -> dict[str, Any]:
    """The reader's keys and commands, and the themes to choose from.

    Asked for by the template, so that a page without a reader (or without a database) never looks for one.
    """
    return {
        "shortcut_sheet": _for_reader(request, shortcuts.sheet),
        "palette_commands": _for_reader(request, shortcuts.commands),
        "posted_commands": _for_reader(request, shortcuts.posted),
        "themes": THEMES,
    }


def _for_reader(request: HttpRequest, found: Callable[[str], Any]) -> Callable[[], Any]:
    def asked() -> Any:
        return found(request.user.role) if isinstance(request.user, User) else []

    return asked
