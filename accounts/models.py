"""The people who work here, the teams they are in, and the tokens their programs use."""

import hashlib
import secrets
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _


class Event:
    """Names of what is audited in this room; those of tokens stand in tokens.py."""

    USER_ADDED = "user.added"
    USER_CHANGED = "user.changed"
    USER_DEACTIVATED = "user.deactivated"
    USER_REACTIVATED = "user.reactivated"
    PASSWORD_SET = "user.password_set"  # noqa: S105  a name, no password
    SECOND_STEP_REMOVED = "user.second_step_removed"
    SIGNED_IN = "user.signed_in"
    SIGN_IN_REFUSED = "user.sign_in_refused"
    ROLE_GRANTED = "role.granted"
    TEAM_ADDED = "team.added"
    TEAM_CHANGED = "team.changed"
    TEAM_REMOVED = "team.removed"
    TEAM_JOINED = "team.joined"
    TEAM_LEFT = "team.left"


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        # Sign-in looks an address up in small letters.
        user = self.model(email=email.lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, role=User.Role.ADMIN, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """One who signs in. `epoch` rises with every change of rights (a trigger sees to it), which voids identities at once."""

    class Role(models.TextChoices):
        AGENT = "agent", _("Agent")
        SUPERVISOR = "supervisor", _("Supervisor")
        ADMIN = "admin", _("Admin")

    class Theme(models.TextChoices):
        SYSTEM = "", _("As the system")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class Availability(models.TextChoices):
        AVAILABLE = "available", _("Available")
        BUSY = "busy", _("Busy: no new work")
        AWAY = "away", _("Away")

    class Language(models.TextChoices):
        BROWSER = "", _("As the browser")
        ENGLISH = "en", "English"
        GERMAN = "de", "Deutsch"

    email = models.EmailField(_("email"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    role = models.CharField(_("role"), max_length=12, choices=Role, default=Role.AGENT)
    is_active = models.BooleanField(_("is active"), default=True)
    epoch = models.BigIntegerField(default=1, db_default=1, editable=False)
    theme = models.CharField(max_length=5, choices=Theme, default=Theme.SYSTEM, blank=True)
    letter_keys = models.BooleanField(_("single-letter keys"), default=True)
    # Empty until it is chosen or the browser has told it.
    timezone = models.CharField(_("timezone"), max_length=60, default="", blank=True)
    language = models.CharField(max_length=5, choices=Language, default=Language.BROWSER, db_default="", blank=True)
    availability = models.CharField(
        max_length=10, choices=Availability, default=Availability.AVAILABLE, db_default=Availability.AVAILABLE
    )
    # How many open conversations distribution gives one person at most.
    capacity = models.PositiveSmallIntegerField(default=20, db_default=20)
    created_at = models.DateTimeField(_("created at"), db_default=Now())

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name, verbose_name_plural = _("person"), _("people")
        constraints = [
            models.UniqueConstraint(Lower("email"), name="one_user_per_email"),
            models.CheckConstraint(name="user_role_known", condition=Q(role__in=["agent", "supervisor", "admin"])),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.name.split()[:2]).upper() or self.email[:1].upper()

    @property
    def first_name(self) -> str:
        return self.name.split()[0] if self.name else self.email.split("@")[0]

    @property
    def is_staff(self) -> bool:
        return self.role == self.Role.ADMIN

    @property
    def is_superuser(self) -> bool:
        return self.role == self.Role.ADMIN

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_active and self.role == self.Role.ADMIN

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.role == self.Role.ADMIN


class Team(models.Model):
    """People who serve the same inboxes."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    icon = models.CharField(_("icon"), max_length=30, default="globe", blank=True)
    members: models.ManyToManyField = models.ManyToManyField(User, through="Membership", related_name="teams")

    class Meta:
        verbose_name, verbose_name_plural = _("team"), _("teams")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "team"], name="member_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.team_id}"


class ApiToken(models.Model):
    """Lets a program act as its user, within `scopes`. Only the hash is kept."""

    user = models.ForeignKey(User, verbose_name=_("user"), on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=80)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(_("scopes"), default=list)
    created_at = models.DateTimeField(_("created at"), db_default=Now())
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("API token"), _("API tokens")

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def digest_of(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()

    @staticmethod
    def new_secret() -> str:
        return "cc_" + secrets.token_urlsafe(32)


class Session(models.Model):
    """A signed-in browser. Django's own session columns, and whose it is, so that ending rights can end it."""

    session_key = models.CharField(max_length=40, primary_key=True)
    session_data = models.TextField()
    expire_date = models.DateTimeField(db_index=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="sessions")

    def __str__(self) -> str:
        return f"session of {self.user_id}"
