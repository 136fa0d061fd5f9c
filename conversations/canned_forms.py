"""The form in which a canned reply is written: its texts by language, and what it does as a macro."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Team, User
from conversations import canned, snooze_times
from conversations.channel_limits import LONGEST_TEXT
from conversations.models import CannedReply, Scope, Tag

PRIORITIES = [("", "—"), ("0", gettext_lazy("Normal")), ("1", gettext_lazy("High")), ("2", gettext_lazy("Urgent"))]
SNOOZES = [
    ("", "—"), (snooze_times.LATER, gettext_lazy("Later today")), (snooze_times.TOMORROW, gettext_lazy("Tomorrow")),
    (snooze_times.NEXT_WEEK, gettext_lazy("Next week")),
]  # fmt: skip
LANGUAGE = forms.RegexField(
    r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})?$",
    error_messages={"invalid": gettext_lazy("A language is a code, such as de or pt-BR.")},
)


class Rows(forms.Field):
    """Any number of fields of one name, as they were posted."""

    widget = forms.MultipleHiddenInput


def _input(kind: type[forms.Widget] = forms.TextInput, **attributes: Any) -> forms.Widget:
    looks = "textarea" if kind is forms.Textarea else "select" if issubclass(kind, forms.Select) else "input"
    return kind(attrs={"class": looks, **attributes})


class CannedForm(forms.Form):
    """`language` and `translation` are pairs, row by row; a row without words is left out."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=80, widget=_input(),
        error_messages={"required": gettext_lazy("Give it a name.")},
    )  # fmt: skip
    shortcut = forms.SlugField(
        label=gettext_lazy("Shortcut"),
        help_text=gettext_lazy("What is typed after the slash."),
        max_length=40,
        widget=_input(),
        error_messages={
            "required": gettext_lazy("Give it a shortcut: what is typed after the slash."),
            "invalid": gettext_lazy("A shortcut has letters, digits, hyphens and underscores only."),
        },
    )
    scope = forms.ChoiceField(label=gettext_lazy("For"), choices=Scope.choices, required=False, widget=_input(forms.Select))
    team = forms.ModelChoiceField(
        Team.objects.none(), label=gettext_lazy("Team"), required=False, widget=_input(forms.Select), empty_label="—"
    )
    text = forms.CharField(
        label=gettext_lazy("Text"), max_length=LONGEST_TEXT, required=False, strip=False, widget=_input(forms.Textarea, rows=6)
    )
    language = Rows(required=False)
    translation = Rows(required=False)
    assign = forms.ChoiceField(label=gettext_lazy("Assign to"), required=False, widget=_input(forms.Select))
    give_to = forms.ModelChoiceField(
        Team.objects.none(),
        label=gettext_lazy("Give to the team"),
        required=False,
        widget=_input(forms.Select),
        empty_label="—",
    )
    tags = forms.ModelMultipleChoiceField(
        Tag.objects.none(), label=gettext_lazy("Tag"), required=False, widget=forms.CheckboxSelectMultiple
    )
    priority = forms.ChoiceField(
        label=gettext_lazy("Priority"), choices=PRIORITIES, required=False, widget=_input(forms.Select)
    )
    note = forms.CharField(
        label=gettext_lazy("Private note"), max_length=LONGEST_TEXT, required=False, widget=_input(forms.Textarea, rows=2)
    )
    snooze = forms.ChoiceField(label=gettext_lazy("Snooze until"), choices=SNOOZES, required=False, widget=_input(forms.Select))
    resolve = forms.BooleanField(label=gettext_lazy("Resolve"), required=False)

    def __init__(self, *args: Any, user: User, kept: CannedReply | None = None, **kwargs: Any) -> None:
        super().__init__(*args, initial=_initial(kept) if kept else {}, **kwargs)
        self.user, self.kept = user, kept
        self.choice("scope").choices = scopes_of(user)
        self.choice("assign").choices = [("", "—"), ("me", _("Whoever uses it")), ("nobody", _("Nobody"))]
        self.choice("team").queryset = teams_of(user)
        self.choice("give_to").queryset = Team.objects.all()
        self.choice("tags").queryset = Tag.objects.all()

    def choice(self, name: str) -> Any:
        return self.fields[name]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        data["texts"] = self._texts(data)
        data["actions"] = _actions(data)
        if not any(text.strip() for text in data["texts"].values()) and not data["actions"]:
            self.add_error("text", _("Write a text, or choose something that it does."))
        if data.get("scope") == Scope.TEAM and not data.get("team") and not self.kept:
            self.add_error("team", _("Choose the team."))
        return data

    def rows(self) -> list[dict[str, str]]:
        """The translations as they stand in the form, with one empty row to write the next in."""
        if self.is_bound:
            pairs = zip(self.data.getlist("language"), self.data.getlist("translation"), strict=False)  # type: ignore[attr-defined]
        else:
            pairs = iter((self.initial.get("texts") or {}).items())
        filled = [{"language": language, "text": text} for language, text in pairs if text.strip()]
        return [*filled, {"language": "", "text": ""}]

    def _texts(self, data: dict[str, Any]) -> dict[str, str]:
        texts = {"": data.get("text", "")} if data.get("text", "").strip() else {}
        for language, text in zip(data.get("language", []), data.get("translation", []), strict=False):
            if not text.strip():
                continue
            try:
                texts[LANGUAGE.clean(language).lower()] = text
            except forms.ValidationError as wrong:
                self.add_error("language", wrong)
        for field, text in (
            ("text", texts.get("", "")),
            ("translation", " ".join(texts.values())),
            ("note", data.get("note", "")),
        ):
            try:
                canned.check_known(text)
            except forms.ValidationError as wrong:
                self.add_error(field, wrong)
        return texts


def scopes_of(user: User) -> list[tuple[str, Any]]:
    """For whom somebody may write: agents for themselves, admins for others, supervisors for both."""
    allowed = {
        User.Role.AGENT: [Scope.PERSONAL],
        User.Role.SUPERVISOR: [Scope.PERSONAL, Scope.TEAM, Scope.GLOBAL],
        User.Role.ADMIN: [Scope.TEAM, Scope.GLOBAL],
    }
    return [(scope.value, scope.label) for scope in allowed[User.Role(user.role)]]


def teams_of(user: User) -> Any:
    return Team.objects.all() if user.role == User.Role.ADMIN else Team.objects.filter(members=user)


def _actions(data: dict[str, Any]) -> list[dict[str, Any]]:
    """In the order in which a person would do them: what ends it comes last."""
    found: list[dict[str, Any]] = []
    if data.get("assign"):
        found.append({"do": "assign", "to": "me" if data["assign"] == "me" else ""})
    if data.get("give_to"):
        found.append({"do": "team", "team": data["give_to"].pk})
    if data.get("tags"):
        found.append({"do": "tag", "tags": [tag.pk for tag in data["tags"]]})
    if data.get("priority"):
        found.append({"do": "priority", "to": int(data["priority"])})
    if data.get("note"):
        found.append({"do": "note", "text": data["note"]})
    if data.get("snooze"):
        found.append({"do": "snooze", "until": data["snooze"]})
    if data.get("resolve"):
        found.append({"do": "resolve"})
    return found


def _initial(kept: CannedReply) -> dict[str, Any]:
    does = {str(action.get("do")): action for action in kept.actions}
    return {
        "name": kept.name,
        "shortcut": kept.shortcut,
        "scope": kept.scope,
        "team": kept.team_id,
        "text": kept.texts.get("", ""),
        "texts": {language: text for language, text in kept.texts.items() if language},
        "assign": ("me" if does["assign"].get("to") == "me" else "nobody") if "assign" in does else "",
        "give_to": does.get("team", {}).get("team"),
        "tags": does.get("tag", {}).get("tags", []),
        "priority": str(does["priority"].get("to", "")) if "priority" in does else "",
        "note": does.get("note", {}).get("text", ""),
        "snooze": does.get("snooze", {}).get("until", ""),
        "resolve": "resolve" in does,
    }
