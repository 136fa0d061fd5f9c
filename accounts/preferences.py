"""What a person sets for himself: language, time zone, theme, and whether single letters act."""

from zoneinfo import available_timezones

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import role_required
from accounts.models import User

ZONES = [*sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/"))), "UTC"]


class PreferencesForm(forms.ModelForm):
    """Everything of one's own that changes no right."""

    timezone = forms.CharField(
        label=gettext_lazy("Time zone"), max_length=60, required=False,
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off"}),
        help_text=gettext_lazy("Empty: as the browser says."),
    )  # fmt: skip

    class Meta:
        model = User
        fields = ["language", "timezone", "theme", "letter_keys"]
        labels = {
            "language": gettext_lazy("Language"),
            "theme": gettext_lazy("Theme"),
            "letter_keys": gettext_lazy("Single-letter shortcuts"),
        }

    def clean_timezone(self) -> str:
        zone: str = self.cleaned_data["timezone"]
        if zone and zone not in ZONES:
            raise forms.ValidationError(_("There is no such time zone. Choose one from the list, such as Europe/Berlin."))
        return zone


@require_http_methods(["GET", "HEAD", "POST"])
@role_required("agent", "supervisor", "admin")
def preferences(request: HttpRequest) -> HttpResponse:
    """The page; a POST with an error gives it back as it was typed, status 422."""
    # A row of its own: a form with errors must not show through as the signed-in person.
    person = User.objects.get(pk=request.user.pk)
    form = PreferencesForm(request.POST if request.method == "POST" else None, instance=person)
    if request.method == "POST" and form.is_valid():
        User.objects.filter(pk=person.pk).update(**form.cleaned_data)
        with translation.override(form.cleaned_data["language"] or translation.get_language()):
            messages.success(request, _("Saved. Times and texts follow it from now on."))
        return redirect("settings")
    context = {"form": form, "zones": ZONES, "section": "settings"}
    return render(request, "account/preferences.html", context, status=422 if form.errors else 200)


@require_POST
@role_required("agent", "supervisor", "admin")
def zone(request: HttpRequest) -> HttpResponse:
    """The browser tells where somebody is who has never said so himself. What he has chosen stands."""
    told = request.POST.get("zone", "")
    if told not in ZONES:
        return HttpResponse(status=422)
    User.objects.filter(pk=request.user.pk, timezone="").update(timezone=told)
    return HttpResponse(status=204)
