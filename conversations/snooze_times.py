"""Until when something can be put aside: three times that people mean, and any other, in the reader's own zone."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django import forms
from django.utils import timezone
from django.utils.dateformat import format as dated
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

LATER, TOMORROW, NEXT_WEEK, AT = "later", "tomorrow", "week", "at"
MORNING = time(9)
# "Later today" is in three hours, at a full hour, while that still is today.
LATER_HOURS, LAST_HOUR = 3, 22
LONGEST = timedelta(days=366)


@dataclass(frozen=True)
class Choice:
    key: str
    name: str | Promise
    until: datetime

    @property
    def said(self) -> str:
        """As the reader's clock and calendar will say then."""
        return dated(self.until, _("D j M, H:i"))


def choices(now: datetime | None = None) -> list[Choice]:
    """The times on offer at this moment, in the zone that is active: the reader's."""
    here = timezone.localtime(now)
    later = (here + timedelta(hours=LATER_HOURS, minutes=59)).replace(minute=0, second=0, microsecond=0)
    offered = []
    if later.date() == here.date() and later.hour <= LAST_HOUR:
        offered.append(Choice(LATER, gettext_lazy("Later today"), later))
    offered.append(Choice(TOMORROW, gettext_lazy("Tomorrow"), _morning(here, 1)))
    offered.append(Choice(NEXT_WEEK, gettext_lazy("Next week"), _morning(here, 7 - here.weekday())))
    return offered


def _morning(here: datetime, days: int) -> datetime:
    return datetime.combine(here.date() + timedelta(days=days), MORNING, tzinfo=here.tzinfo)


class SnoozeForm(forms.Form):
    """`until` is what was chosen, as a moment. A chosen local time that is passed, or that the clocks skip, is refused in words."""

    when = forms.ChoiceField(
        choices=[(key, key) for key in (LATER, TOMORROW, NEXT_WEEK, AT)],
        error_messages={"required": gettext_lazy("Choose a time."), "invalid_choice": gettext_lazy("Choose a time.")},
    )
    at = forms.DateTimeField(
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        error_messages={"invalid": gettext_lazy("Choose a day and a time.")},
    )
    reason = forms.CharField(required=False, max_length=100)

    def clean(self) -> dict[str, object]:
        given = super().clean() or {}
        offered = {one.key: one.until for one in choices()}
        until = given.get("at") if given.get("when") == AT else offered.get(str(given.get("when")))
        if until is None and not self.errors:
            raise forms.ValidationError(_("Choose a day and a time."))
        if until is not None and until <= timezone.now():
            raise forms.ValidationError(_("That time has passed already. Choose a later one."))
        if until is not None and until > timezone.now() + LONGEST:
            raise forms.ValidationError(_("That is more than a year away. Choose an earlier time."))
        return given | {"until": until}
