"""Times as people read them: relative under a day, a date after that."""

from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.dateformat import format as dated
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

register = template.Library()

MINUTE, HOUR, DAY = 60, 3600, 86400
SOON = timedelta(minutes=15)


@register.filter
def age(moment: datetime | None) -> str:
    """How long ago: "now", "16 m", "3 h", then "12 Nov"."""
    if moment is None:
        return ""
    seconds = (timezone.now() - moment).total_seconds()
    if seconds < MINUTE:
        return pgettext("age", "now")
    return short_span(seconds) if seconds < DAY else day_of(moment)


@register.filter
def due(moment: datetime | None) -> str:
    """How long until a reply is due: "18 m", or "6 m over" when it should have gone already."""
    if moment is None:
        return ""
    seconds = (moment - timezone.now()).total_seconds()
    return short_span(seconds) if seconds >= 0 else _("%(span)s over") % {"span": short_span(-seconds)}


@register.filter
def due_kind(moment: datetime | None) -> str:
    """The colour role of a due time: plain, warn (within 15 minutes) or bad (over)."""
    if moment is None:
        return "plain"
    left = moment - timezone.now()
    if left < timedelta(0):
        return "bad"
    return "warn" if left < SOON else "plain"


@register.filter
def clock(moment: datetime | None) -> SafeString | str:
    """A `<time>` with hours and minutes; the exact moment rides along for the reader's own zone."""
    if moment is None:
        return ""
    local = timezone.localtime(moment)
    said = local.strftime("%H:%M")
    return format_html('<time datetime="{}" title="{}" data-clock>{}</time>', moment.isoformat(), exact(moment), said)


@register.filter
def moment(when: datetime | None) -> SafeString | str:
    """A `<time>` that names its zone, and its day unless that is today; where a script runs, the reader's own zone takes over."""
    if when is None:
        return ""
    local = timezone.localtime(when)
    said = f"{local:%H:%M} {local:%Z}"
    if local.date() != timezone.localdate():
        day_said = dated(local, _("j F"))
        said = f"{day_said}, {said}"
    return format_html('<time datetime="{}" data-moment>{}</time>', when.isoformat(), said)


@register.filter
def ago(moment: datetime | None) -> SafeString | str:
    """A `<time>` with the age; hovering gives the exact moment."""
    if moment is None:
        return ""
    return format_html('<time datetime="{}" title="{}" data-age>{}</time>', moment.isoformat(), exact(moment), age(moment))


@register.filter
def day(moment: datetime) -> str:
    """The heading of a day in a timeline: "Today", "Yesterday", "Saturday 21 November"."""
    date, today = timezone.localtime(moment).date(), timezone.localdate()
    if date == today:
        return _("Today")
    if date == today - timedelta(days=1):
        return _("Yesterday")
    return dated(date, _("l j F") if date.year == today.year else _("l j F Y"))


def exact(moment: datetime) -> str:
    """The moment with its day and its zone: "24 November 2026, 14:05 CET"."""
    local = timezone.localtime(moment)
    said = dated(local, _("j F Y, H:i"))
    return f"{said} {local:%Z}"


def short_span(seconds: float) -> str:
    """Seconds as one unit: "4 m", "3 h", "2 d"; under a minute "1 m", so that nothing reads as zero."""
    if seconds < HOUR:
        return _("%(number)s m") % {"number": max(1, int(seconds // MINUTE))}
    if seconds < DAY:
        return _("%(number)s h") % {"number": int(seconds // HOUR)}
    return _("%(number)s d") % {"number": int(seconds // DAY)}


def day_of(moment: datetime) -> str:
    """ "12 Nov", with the year when it is another one."""
    local = timezone.localtime(moment)
    return dated(local, _("j M") if local.year == timezone.localdate().year else _("j M Y"))
