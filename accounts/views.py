"""Pages at the door that allauth does not have, or not as we need them."""

from datetime import timedelta
from typing import Any

from allauth.account.views import LoginView
from django.db.models import Min
from django.utils import timezone
from django.views.generic import TemplateView

from core.context import Actor, acting_as
from core.models import Job

SIGN_IN = Actor.system("sign-in")
LATE = timedelta(seconds=30)
WORK = {"ingest": "Receiving messages", "draft": "AI replies", "send": "Sending"}


class SignIn(LoginView):
    """The sign-in page; beside the form it says how things run, before anybody rings the help desk."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        late = late_lanes()
        work = [{"name": name, "is_late": lane in late} for lane, name in WORK.items()]
        return super().get_context_data(**kwargs) | {"work": work, "is_late": bool(late), "line": 80}


def late_lanes() -> set[str]:
    """The lanes in which something has been due for a while."""
    with acting_as(SIGN_IN):
        waiting = Job.objects.filter(state=Job.State.READY, lane__in=WORK).values("lane").annotate(since=Min("run_at"))
        return {one["lane"] for one in waiting if one["since"] < timezone.now() - LATE}


class AskAdmin(TemplateView):
    """What only an admin can do for somebody: another address, or a new password for one that was forgotten."""

    template_name = "account/ask_admin.html"
