"""The forms of the admin's pages about tags, attributes and canned replies."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conversations import canned
from conversations.models import AttributeType, CannedReply, Scope, Tag

HUES = 12
LONGEST = 10_000


class TagForm(forms.ModelForm):
    hue = forms.IntegerField(
        label=gettext_lazy("Colour"),
        min_value=0,
        max_value=HUES - 1,
        initial=0,
        help_text=gettext_lazy("One of twelve, 0 to 11."),
    )

    class Meta:
        model = Tag
        fields = ("name", "hue")

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        if Tag.objects.filter(name__iexact=name).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("There is a tag of this name already."), code="taken")
        return name


class AttributeForm(forms.ModelForm):
    """The choices of a list are typed one a line."""

    options = forms.CharField(
        label=gettext_lazy("Choices"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("For “One of a list”: one a line."),
    )

    class Meta:
        model = AttributeType
        fields = ("of", "label", "key", "kind", "position")
        labels = {"of": gettext_lazy("Of"), "key": gettext_lazy("Key")}
        help_texts = {
            "key": gettext_lazy("How programs and canned replies name it. It cannot be changed later."),
            "kind": gettext_lazy("Values that do not fit another kind stay and are printed as they are."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["options"].initial = "\n".join(map(str, self.instance.choices or []))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        choices = [line.strip() for line in data.get("options", "").splitlines() if line.strip()]
        if data.get("kind") == AttributeType.Kind.CHOICE and not choices:
            self.add_error("options", _("Give at least one choice."))
        self.instance.choices = list(dict.fromkeys(choices)) if data.get("kind") == AttributeType.Kind.CHOICE else []
        return data


class CannedReplyForm(forms.ModelForm):
    """The text for every language; texts of single languages and the actions of a macro are kept as they are."""

    text = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=gettext_lazy(
            "{{ customer.first_name | there }} is filled in when it is used. Texts in single languages and macros are written at /canned/."
        ),
    )
    scope = forms.ChoiceField(
        label=gettext_lazy("For"), choices=[(Scope.GLOBAL, Scope.GLOBAL.label), (Scope.TEAM, Scope.TEAM.label)]
    )

    class Meta:
        model = CannedReply
        fields = ("name", "shortcut", "scope", "team")
        help_texts = {"shortcut": gettext_lazy("What is typed after “/” in the composer.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].initial = self.instance.texts.get("", "")

    def clean_text(self) -> str:
        canned.check_known(self.cleaned_data["text"])
        return str(self.cleaned_data["text"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("scope") == Scope.TEAM and not data.get("team"):
            self.add_error("team", _("Choose the team whose it is."))
        if data.get("scope") == Scope.GLOBAL:
            data["team"] = None
        if "text" in data:
            self.instance.texts = self.instance.texts | {"": data["text"]}
        return data
