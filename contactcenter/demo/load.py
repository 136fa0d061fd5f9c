"""The whole demo, in order. What is cut short is begun again by the next run."""

from datetime import timedelta

from django.conf import settings

from contactcenter.demo import facts, furniture, ground, library, people, story
from contactcenter.demo.clock import Clock
from contactcenter.demo.day import Day
from contactcenter.demo.ground import Ground

ENTRUSTED = timedelta(days=20)


def load() -> str:
    """Load the demo into an empty database; one line about what was done. Changes nothing where there is a demo or other work."""
    found = ground.look()
    if found is Ground.COMPLETE:
        return "There is a demo already; nothing was changed."
    if found is Ground.TAKEN:
        return "Somebody works here already; the demo goes into an empty database only, nothing was changed."
    if found is Ground.CUT_SHORT:
        ground.clear()
    base, imported = library.fill()
    staff = people.hire(base)
    clock = Clock()
    clock.set(ENTRUSTED)
    library.entrust(staff)
    furniture.put_up(staff)
    day = Day(staff, clock)
    # The story's replies were sent long ago: no provider that the environment names gets them now.
    settings.STAND_INS, named = {}, settings.STAND_INS
    try:
        day.play(story.steps())
    finally:
        settings.STAND_INS = named
    people.set_undo(staff)
    clock.put_right()
    library.age(base)
    facts.tell(staff)
    return f"Demo: {imported.created} articles, {len(day.conversations)} conversations."
