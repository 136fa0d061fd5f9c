import json
import sys
from typing import Any

from django.core.management.base import BaseCommand

from contactcenter.invariants import INVARIANTS, broken


class Command(BaseCommand):
    help = "Checks every safety invariant with SQL. Prints JSON; exit 1 when one is broken."

    def handle(self, *args: Any, **options: Any) -> None:
        found = broken()
        report = [{"code": i.code, "promise": i.promise, "ok": not found[i.code], "rows": found[i.code]} for i in INVARIANTS]
        ok = all(line["ok"] for line in report)
        self.stdout.write(json.dumps({"ok": ok, "invariants": report}, default=str, indent=1))
        if not ok:
            sys.exit(1)
