"""The moment at which the site's workers have nothing left to do."""

import os
import time

import psycopg
from django.db import connections

QUIET_SECONDS = 20
BUSY = """
SELECT EXISTS (SELECT 1 FROM core_job WHERE kind ~ '^(approvals|conversations|knowledge)[.]'
   AND (state = 'leased' OR (state = 'ready' AND run_at < now() + interval '5 seconds')))
"""


def wait_for_quiet() -> None:
    """Workers of the site finish what the test began, so that the tables can be emptied under nobody's hands."""
    deadline = time.monotonic() + QUIET_SECONDS
    with psycopg.connect(os.environ["DATABASE_URL"], dbname=connections["default"].settings_dict["NAME"]) as database:
        while time.monotonic() < deadline:
            [busy] = database.execute(BUSY).fetchone()
            if not busy:
                return
            time.sleep(0.1)
