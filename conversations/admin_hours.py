"""The admin's page about business hours: a line for each weekday, and the days on which nobody answers."""

import re
from datetime import date, time
from itertools import pairwise
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.pages import RightsPage
from conversations.models import BusinessHours, Event, Inbox
from core import audit

_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")
EXAMPLE = "09:00-12:30, 13:30-17:00"


class DayField(forms.CharField):
    """The hours of one day as people write them: 09:00-12:30, 13:30-17:00. Empty: closed."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(f"{begin}-{end}" for begin, end in value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        given = [one.strip() for one in str(super().to_python(value)).split(",") if one.strip()]
        spans = [_span(one) for one in given]
        if any(first[1] > second[0] for first, second in pairwise(spans)):
            raise forms.ValidationError(gettext("These hours overlap or are not in order."), code="order")
        return [list(span) for span in spans]


def _span(given: str) -> tuple[str, str]:
    found = _SPAN.fullmatch(given)
    try:
        if found is None:
            raise ValueError(given)
        first, last = (time(int(hour), int(minute)) for hour, minute in (found.groups()[:2], found.groups()[2:]))
    except ValueError as error:
        raise forms.ValidationError(gettext("Write hours like %s.") % EXAMPLE, code="hours") from error
    if first >= last:
        raise forms.ValidationError(gettext("These hours end before they begin."), code="order")
    return f"{first:%H:%M}", f"{last:%H:%M}"


class DatesField(forms.CharField):
    """Days, one a line: 2026-12-25."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        try:
            days = {date.fromisoformat(line.strip()) for line in str(super().to_python(value)).splitlines() if line.strip()}
        except ValueError as error:
            raise forms.ValidationError(gettext("Write one day a line, like 2026-12-25."), code="day") from error
        return [day.isoformat() for day in sorted(days)]


class HoursForm(forms.ModelForm):
    zone = forms.ChoiceField(label=_("Time zone"), choices=lambda: [(zone, zone) for zone in sorted(available_timezones())])
    holidays = DatesField(label=_("Closed on"), required=False, help_text=_("One day a line, like 2026-12-25."))
    monday = DayField(label=WEEKDAYS[0], required=False)
    tuesday = DayField(label=WEEKDAYS[1], required=False)
    wednesday = DayField(label=WEEKDAYS[2], required=False)
    thursday = DayField(label=WEEKDAYS[3], required=False)
    friday = DayField(label=WEEKDAYS[4], required=False)
    saturday = DayField(label=WEEKDAYS[5], required=False)
    sunday = DayField(label=WEEKDAYS[6], required=False)

    DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

    class Meta:
        model = BusinessHours
        fields = ("name", "zone", "holidays")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number, day in enumerate(self.DAYS):
            self.fields[day].initial = self.instance.week.get(str(number), [])
        self.fields["monday"].help_text = _("Such as %s. Empty: closed.") % EXAMPLE

    def save(self, commit: bool = True) -> Any:
        week = {str(number): self.cleaned_data[day] for number, day in enumerate(self.DAYS)}
        self.instance.week = {day: spans for day, spans in week.items() if spans}
        return super().save(commit)


@admin.register(BusinessHours)
class BusinessHoursPage(RightsPage):
    form = HoursForm
    list_display = ("name", "zone")
    search_fields = ("name",)
    fieldsets = (
        (None, {"fields": ("name", "zone")}),
        (_("Hours"), {"fields": HoursForm.DAYS}),
        (_("Days off"), {"fields": ("holidays",)}),
    )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.save()
        audit.record(Event.HOURS_KEPT, obj, changed=sorted(form.changed_data))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        told = [
            gettext("%(hours)s: “%(inbox)s” will be open at any time.") % {"hours": one, "inbox": inbox}
            for one in objs
            for inbox in Inbox.objects.filter(business_hours=one)
        ]
        return told or [str(one) for one in objs], {str(self.opts.verbose_name_plural): len(objs)}, set(), []

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        audit.record(Event.HOURS_REMOVED, obj)
        super().delete_model(request, obj)
