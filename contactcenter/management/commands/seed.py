from typing import Any

from django.core.management.base import BaseCommand, CommandError

from contactcenter.demo import ground
from contactcenter.demo.load import load


class Command(BaseCommand):
    help = "Loads the demo: an invented company with its knowledge, its people and a day of conversations. Safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        reason = ground.refusal()
        if reason:
            raise CommandError(reason)
        self.stdout.write(load())
