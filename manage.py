"""Django's commands for this project."""

import os
import sys

from django.core.management import execute_from_command_line

from contactcenter.env import BadSetting


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "contactcenter.settings")
    try:
        execute_from_command_line(sys.argv)
    except BadSetting as wrong:
        print(wrong, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
