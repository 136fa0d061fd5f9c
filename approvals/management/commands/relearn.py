"""manage.py relearn --base SLUG: memories, labels and topics of a knowledge base anew from every decision about it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from approvals.learning import relearn
from core.context import Actor, acting_as
from knowledge.models import KnowledgeBase


class Command(BaseCommand):
    help = "Learn anew from all decisions about a knowledge base, as after a change of the embedding model. Safe to run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--base", required=True, metavar="SLUG")

    def handle(self, *args: Any, **options: Any) -> None:
        with acting_as(Actor.system("relearn"), read_only=True):
            base = KnowledgeBase.objects.filter(slug=options["base"]).first()
        if base is None:
            raise CommandError(f"no knowledge base {options['base']}")
        self.stdout.write(f"{base.slug}: learned anew from the decisions about {relearn(base.pk)} drafts")
