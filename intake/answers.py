"""How customers' pages are answered: with a page in the company's name, with what was wrong, or with the way on."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from intake.framing import is_asked
from intake.outlook import span

OLD = _("This page was open for a long time. Your text is kept: send it again.")
OTHER = _("You have sent a message from this page already. Your text is kept: send it again if it is another message.")
UNPROVEN = _("Your browser did not send the cookie that shows that this page is ours. Your text is kept: send it again.")


def page(request: HttpRequest, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """The page `intake/<template>` under the company's name."""
    known = {"company": settings.COMPANY_NAME, "framed": is_asked(request)}
    return render(request, f"intake/{template}", known | context, status=status)


class SeeOther(HttpResponseRedirect):
    """Look there instead, with a GET, whatever this request was."""

    status_code = 303


def wait_in_words(seconds: int) -> str:
    """A wait as people say it, never shorter than it is."""
    return gettext("%(number)s seconds") % {"number": seconds} if seconds < 60 else span(-(-seconds // 60))
