import signal
from typing import Any

from celery import current_app
from django.core.management.base import BaseCommand

from core.pump import Pump


class Command(BaseCommand):
    help = "Hands due jobs to the workers, and runs them itself when the broker is away."

    def handle(self, *args: Any, **options: Any) -> None:
        current_app.loader.import_default_modules()
        pump = Pump()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: pump.stop())
        pump.run()
