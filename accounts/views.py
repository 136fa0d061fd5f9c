"""Pages at the door that allauth does not have, or not as we need them."""

from datetime import timedelta
from typing import Any

from allauth.account.views import LoginView
from django.conf import settings
from django.db.models import Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from accounts.access import home_of
from core.context import Actor, acting_as
from core.models import Job

SIGN_IN = Actor.system("sign-in")
LATE = timedelta(seconds=30)
LINE = 80  # The floor in percent, as the schema has it; an inbox may draw its own line higher.
WORK = {"ingest": _("Receiving messages"), "draft": _("AI replies"), "send": _("Sending")}


def home(request: HttpRequest) -> HttpResponse:
    """The address without a path: where one works, or the door."""
    return redirect(home_of(request.user) if request.user.is_authenticated else settings.LOGIN_URL)


class SignIn(LoginView):
    """The sign-in page; beside the form it says how things run, before anybody rings the help desk."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        late = late_lanes()
        work = [{"name": name, "is_late": lane in late} for lane, name in WORK.items()]
        return super().get_context_data(**kwargs) | {
            "work": work,
            "is_late": bool(late),
            "line": LINE,
            "company": settings.COMPANY_NAME,
        }


def late_lanes() -> set[str]:
    """The lanes in which something has been due for a while."""
    with acting_as(SIGN_IN):
        waiting = Job.objects.filter(state=Job.State.READY, lane__in=WORK).values("lane").annotate(since=Min("run_at"))
        return {one["lane"] for one in waiting if one["since"] < timezone.now() - LATE}


class AskAdmin(TemplateView):
    """What only an admin can do for somebody: another address, or a new password for one that was forgotten."""

    template_name = "account/ask_admin.html"
