"""What a reviewer sends."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.models import Decision

VERBS = [("approve", gettext_lazy("Approve")), ("reject", gettext_lazy("Reject")), ("take_over", gettext_lazy("Take over"))]


class DecisionForm(forms.Form):
    """A decision about one version of a draft; `text` is the edited reply. `request_key` makes a double click one decision."""

    action = forms.ChoiceField(choices=VERBS)
    version = forms.IntegerField(min_value=1)
    request_key = forms.UUIDField()
    text = forms.CharField(required=False, max_length=20_000)
    reason = forms.ChoiceField(choices=Decision.Reason.choices, required=False)
    comment = forms.CharField(required=False, max_length=500)
    # External id of the article that would have answered.
    article = forms.CharField(required=False, max_length=200)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("action") == "reject" and not data.get("reason"):
            self.add_error("reason", _("Choose a reason."))
        if data.get("action") == "approve" and "text" in self.data and not data.get("text"):
            self.add_error("text", _("An empty reply cannot be sent."))
        return data
