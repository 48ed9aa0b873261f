"""Forms of the staff's pages. They check shapes; what may be done is decided by the services."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from counselors.models import Review, StaffMember
from counselors.roles import Role
from hotline.chat.skills import SKILLS
from triage.core.levels import Level

ROLE_WORDS = {
    Role.COUNSELOR: _("counselor"),
    Role.SUPERVISOR: _("supervisor"),
    Role.COORDINATOR: _("coordinator"),
}
LEVEL_WORDS = {
    Level.LOW: _("low"),
    Level.MODERATE: _("moderate"),
    Level.HIGH: _("high"),
    Level.IMMINENT: _("imminent"),
}
SKILL_WORDS = {
    "young": _("young people"),
    "older": _("older people"),
    "family": _("family and couples"),
    "illness": _("illness"),
    "violence": _("violence"),
}
DECISION_WORDS = {
    "agree": _("The level was right"),
    "lower": _("It should be lower"),
    "raise": _("It should be higher"),
    "follow_up": _("Follow up with this person"),
}
ERASED_DECISION_WORDS = {**DECISION_WORDS, "agree": _("Nothing is left to review")}


def _dress(form: forms.BaseForm) -> None:
    """Give every written field the pages' look, a name for tests, and its error by reference."""
    for name, field in form.fields.items():
        widget = field.widget
        if not isinstance(widget, (forms.RadioSelect, forms.CheckboxSelectMultiple)):
            widget.attrs["class"] = "field"
            widget.attrs["data-testid"] = f"field-{name}"
        field.error_messages["required"] = _("Please fill this in.")
        # A page that moves the focus by itself hides its heading from screen readers.
        widget.attrs.pop("autofocus", None)


def skill_words(codes: Iterable[str]) -> str:
    """Several skills, by name."""
    return pgettext("between skills", ", ").join(str(SKILL_WORDS[code]) for code in codes)


def _skills_field() -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=_("Has learned to help with"),
        required=False,
        choices=[(code, SKILL_WORDS[code]) for code in SKILLS],
        widget=forms.CheckboxSelectMultiple,
    )


class SignInForm(AuthenticationForm):
    """Name and password; one answer for whatever is wrong with them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        wrong = _("Name and password do not fit.")
        self.error_messages = {"invalid_login": wrong, "inactive": wrong}
        self.fields["username"].label = _("Sign-in name")
        self.fields["password"].label = _("Password")
        _dress(self)


class JoinForm(forms.Form):
    """What somebody with an invitation chooses."""

    use_required_attribute = True
    code = forms.CharField(
        label=_("Invitation code"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    username = forms.CharField(
        label=_("Sign-in name"),
        max_length=40,
        help_text=_("Only the staff see it."),
        widget=forms.TextInput(attrs={"autocomplete": "username"}),
    )
    alias = forms.CharField(
        label=_("Name that residents see"),
        max_length=20,
        help_text=_("Not your real name."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=_("At least ten characters. A few unusual words are good."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("Password once more"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self)

    def clean(self) -> dict[str, Any]:
        """Both passwords are the same."""
        values: dict[str, Any] = super().clean() or {}
        if values.get("password") and values.get("again") and values["password"] != values["again"]:
            self.add_error("again", _("The two passwords differ."))
        return values


class MeForm(forms.ModelForm):  # type: ignore[type-arg]
    """One's own alias and languages."""

    languages = forms.MultipleChoiceField(
        label=_("Languages you can answer in"), choices=settings.LANGUAGES, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = StaffMember
        fields = ("alias", "languages")
        labels: ClassVar[dict[str, Any]] = {"alias": _("Name that residents see")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self)


class NewPasswordForm(PasswordChangeForm):
    """Another password for oneself."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = _("Present password")
        self.fields["new_password1"].label = _("New password")
        self.fields["new_password1"].help_text = _("At least ten characters. A few unusual words are good.")
        self.fields["new_password2"].label = _("New password once more")
        self.fields["new_password2"].help_text = ""
        _dress(self)


class InviteForm(forms.Form):
    """Whom to invite, as what."""

    name = forms.CharField(
        label=_("Who is it for"),
        max_length=40,
        help_text=_("For this list only."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(label=_("Role"), choices=[(role.value, words) for role, words in ROLE_WORDS.items()])
    skills = _skills_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self)


class SkillsForm(forms.Form):
    """What somebody has learned to help with."""

    skills = _skills_field()


class RoleForm(forms.Form):
    """Another role for somebody."""

    role = forms.ChoiceField(choices=[(role.value, words) for role, words in ROLE_WORDS.items()])


class DecisionForm(forms.Form):
    """A supervisor's decision on a flagged conversation."""

    decision = forms.ChoiceField(
        label=_("Your decision"),
        choices=[(decision, DECISION_WORDS[decision]) for decision in Review.DECISIONS],
        widget=forms.RadioSelect,
    )
    level = forms.ChoiceField(
        label=_("The level it should have"),
        required=False,
        choices=[("", "—"), *((level.code, LEVEL_WORDS[level]) for level in reversed(Level))],
    )
    reason = forms.CharField(
        label=_("Why"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"})
    )

    def __init__(self, *args: Any, erased: bool = False, **kwargs: Any) -> None:
        """With ``erased`` there is no level left to change: the conversation's words and levels are gone."""
        super().__init__(*args, **kwargs)
        _dress(self)
        if erased:
            self.fields["decision"] = forms.ChoiceField(
                label=self.fields["decision"].label,
                choices=[(decision, ERASED_DECISION_WORDS[decision]) for decision in Review.LEVEL_KEEPING],
                widget=forms.RadioSelect,
            )
            del self.fields["level"]
        self.fields["decision"].error_messages["required"] = _("Choose one of these.")

    def clean(self) -> dict[str, Any]:
        """Lower and raise name the level they mean."""
        values: dict[str, Any] = super().clean() or {}
        if values.get("decision") in ("lower", "raise") and not values.get("level"):
            self.add_error("level", _("Choose the level it should have."))
        return values
