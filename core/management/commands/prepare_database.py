from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connections

from core.roles import CannotPrepare, create_roles, install_identity_key


class Command(BaseCommand):
    help = "Roles, extension, migrations and the identity key, through the owner's connection. Safe to run again."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        if "owner" not in settings.DATABASES:
            raise CommandError("DATABASE_URL: needed to prepare the database (the owner's connection)")
        owner = connections["owner"]
        login = settings.DATABASES["default"]
        try:
            create_roles(owner, str(login["USER"]), str(login["PASSWORD"]))
        except CannotPrepare as error:
            raise CommandError(str(error)) from error
        except (OperationalError, psycopg.Error) as error:
            raise CommandError(f"DATABASE_URL: {str(error).strip().splitlines()[0]}") from error
        call_command("migrate", database="owner", verbosity=options["verbosity"], interactive=False)
        install_identity_key(owner)
        owner.close()
