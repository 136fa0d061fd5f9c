"""How much waits for an editor, as the tabs show it."""

from django.db import connection

# One question for all four, because every page of this room asks it.
_COUNTS = """
SELECT (SELECT count(*) FROM knowledge_gap WHERE state = 'open'), (SELECT count(*) FROM knowledge_proposal WHERE state = 'waiting'),
       (SELECT count(*) FROM knowledge_webpage WHERE state = 'changed'), (SELECT count(*) FROM knowledge_contradiction WHERE state = 'open')
"""


def counts() -> dict[str, int]:
    """Open gaps, waiting proposals, changed pages, open disagreements."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS)
        return dict(zip(("gaps", "proposals", "pages", "disagreements"), cursor.fetchone(), strict=True))
