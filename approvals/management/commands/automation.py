"""manage.py automation --base SLUG trusted|earning|stopped: how far the assistant may go in one knowledge base."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from approvals import restoring
from approvals.models import Automation
from core.context import Actor, acting_as
from knowledge.models import KnowledgeBase


class Command(BaseCommand):
    help = "Say how far the assistant may go in one knowledge base. Without a state: say how far it may."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--base", required=True, metavar="SLUG")
        parser.add_argument("state", nargs="?", choices=Automation.State.values)
        parser.add_argument("--reason", default="Stopped at the console", help="what people are told when it is stopped")

    def handle(self, *args: Any, **options: Any) -> None:
        with acting_as(Actor.system("automation")):
            base = KnowledgeBase.objects.filter(slug=options["base"]).first()
            if base is None:
                raise CommandError(f"no knowledge base {options['base']}")
            if options["state"]:
                restoring.reach(base.pk, options["state"], by=None, reason=options["reason"])
            row = Automation.objects.filter(base=base).first()
        state = Automation.State(row.state if row else Automation.State.EARNING)
        self.stdout.write(f"{base.slug}: {state.value}, {state.label.lower()}")
