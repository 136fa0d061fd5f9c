"""manage.py restore_calibrator --base SLUG [--model NAME]: back to the last good calibrator, and automatic replies go on."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from approvals import restoring
from core.context import Actor, acting_as
from knowledge.models import KnowledgeBase


class Command(BaseCommand):
    help = "Go back to the calibrator in use before, and lift a stop of automatic replies."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--base", required=True, help="slug of the knowledge base")
        parser.add_argument("--model", default="", help="only the calibrator of this answer model")
        parser.add_argument("--stay-stopped", action="store_true", help="leave automatic replies stopped")

    def handle(self, *args: Any, **options: Any) -> None:
        with acting_as(Actor.system("restore")):
            base = KnowledgeBase.objects.filter(slug=options["base"]).first()
            if base is None:
                raise CommandError(f"no knowledge base {options['base']}")
            self._restore(base.pk, options["model"])
            lifted = None if options["stay_stopped"] else restoring.lift(base.pk, by=None)
        if lifted:
            self.stdout.write(f"automatic replies: {lifted.get_state_display().lower()}")

    def _restore(self, base_id: int, model: str) -> None:
        try:
            for one in restoring.restore(base_id, model):
                self.stdout.write(f"in use: {one or 'the shipped calibrator'}")
        except restoring.NothingBefore:
            self.stdout.write("in use: the shipped calibrator, as before")
