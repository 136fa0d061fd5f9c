import getpass
import sys
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction

from accounts.models import User
from core.models import AuditEvent


class Command(BaseCommand):
    help = "Makes EMAIL an admin who signs in with the password that you type, or that stands on standard input."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", help="as colleagues see it; only used for a new account")

    def handle(self, *args: Any, **options: Any) -> None:
        if "owner" not in settings.DATABASES:
            raise CommandError("DATABASE_URL: needed to make an admin (the owner's connection)")
        email = options["email"].strip().lower()
        user = User.objects.using("owner").filter(email__iexact=email).first()
        is_new = user is None
        user = user or User(email=email, name=options["name"] or email.partition("@")[0].replace(".", " ").title())
        try:
            validate_email(email)
            password = asked_password()
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        keep(user, password, is_new=is_new)
        self.stdout.write(f"{email} is an admin and signs in at {settings.PUBLIC_URL}/accounts/login/")


def asked_password() -> str:
    """Typed twice without being shown, or the first line of standard input. It never stands on a command line."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("Password: ")
    if first != getpass.getpass("The same again: "):
        raise CommandError("the two passwords differ; nothing was changed")
    return first


def keep(user: User, password: str, *, is_new: bool) -> None:
    """Store the admin and write it down. Only the database's owner can: before the first admin there is nobody who may."""
    user.role, user.is_active = User.Role.ADMIN, True
    user.set_password(password)
    with transaction.atomic(using="owner"):
        if is_new:
            user.save(using="owner")
        else:
            user.save(using="owner", update_fields=["role", "is_active", "password"])
        AuditEvent.objects.using("owner").create(
            event="user.added" if is_new else "role.granted", subject=user._meta.label_lower, subject_id=user.pk,
            actor_kind="system", actor_name="make_admin", facts={"role": user.role},
        )  # fmt: skip
