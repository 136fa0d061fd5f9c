import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.forms.models import model_to_dict

from core import jobs
from core.context import Actor, acting_as
from core.models import DeadLetter

OPERATOR = Actor.system("dead_letters")


class Command(BaseCommand):
    help = "What failed for good: list it, look at it, try it again, or give it up with a reason."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        listing = verbs.add_parser("list", help="open ones, oldest first, one JSON line each")
        listing.add_argument("--all", action="store_true", help="redriven and discarded ones too")
        verbs.add_parser("show", help="one, in full").add_argument("id", type=int)
        redrive = verbs.add_parser("redrive", help="give the jobs their attempts back; a send is never doubled by it")
        redrive.add_argument("id", type=int, nargs="*")
        redrive.add_argument("--all", action="store_true", help="every open one")
        discard = verbs.add_parser("discard", help="give one up")
        discard.add_argument("id", type=int)
        discard.add_argument("--reason", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, options["verb"])(options)

    def list(self, options: dict[str, Any]) -> None:
        with acting_as(OPERATOR, read_only=True):
            wanted = DeadLetter.objects.order_by("id")
            for letter in wanted if options["all"] else wanted.filter(state=DeadLetter.State.OPEN):
                self.stdout.write(as_json(letter))

    def show(self, options: dict[str, Any]) -> None:
        with acting_as(OPERATOR, read_only=True):
            letter = DeadLetter.objects.filter(pk=options["id"]).first()
        if letter is None:
            raise CommandError(f"no dead letter {options['id']}")
        self.stdout.write(as_json(letter))

    def redrive(self, options: dict[str, Any]) -> None:
        ids = options["id"]
        if options["all"]:
            with acting_as(OPERATOR, read_only=True):
                ids = [*DeadLetter.objects.filter(state=DeadLetter.State.OPEN).values_list("pk", flat=True)]
        missed = [one for one in ids if not jobs.redrive(one)]
        self.stdout.write(f"redriven {len(ids) - len(missed)}")
        if missed:
            raise CommandError(f"not open: {', '.join(map(str, missed))}")

    def discard(self, options: dict[str, Any]) -> None:
        if not jobs.discard(options["id"], options["reason"]):
            raise CommandError(f"dead letter {options['id']} is not open")
        self.stdout.write("discarded 1")


def as_json(letter: DeadLetter) -> str:
    return json.dumps(model_to_dict(letter) | {"id": letter.pk, "created_at": letter.created_at}, default=str)
