"""Named places where a chaos test may end the process. Without the FAILPOINT setting they do nothing.

`FAILPOINT=send.after_call:kill9@1/20` ends the process at that place once in twenty passes. Refused unless CHAOS=1.
"""

import os
import random
import signal

from django.conf import settings


def failpoint(name: str) -> None:
    """End this process here, when the setting says so."""
    given: str = settings.FAILPOINT
    if not given or given.split(":", 1)[0] != name:
        return
    share = given.split("@", 1)[1] if "@" in given else "1/1"
    hits, of = (int(number) for number in share.split("/"))
    if random.random() < hits / of:  # noqa: S311  a die, not a secret
        os.kill(os.getpid(), signal.SIGKILL)
