from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from conversations.models import InboxSecret
from core.sealing import CannotOpen


class Command(BaseCommand):
    help = "Seals every inbox's secrets anew, by the first of FIELD_ENCRYPTION_KEYS; after that the others may go."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        if "owner" not in settings.DATABASES:
            raise CommandError("DATABASE_URL: needed to seal secrets (the owner's connection)")
        with transaction.atomic(using="owner"):
            try:
                kept = list(InboxSecret.objects.using("owner").select_for_update())
            except CannotOpen as error:
                raise CommandError(f"FIELD_ENCRYPTION_KEYS: a secret was {error}; nothing was changed") from error
            for secret in kept:
                secret.save(using="owner", update_fields=["value"])
        self.stdout.write(f"{len(kept)} secrets sealed")
