"""Saltbarrow, an invented company: its people, its knowledge, and one day of its customers. Loaded by `manage.py seed`.

ground.py    whether it may be loaded here, and what is here already
people.py    who works there, in which teams, behind which inboxes
library.py   what the company knows (knowledge/)
story.py     what its customers write and its people do (customers.toml, conversations/)
day.py       plays that day with the product's own verbs
clock.py     puts each moment of the play at its place in the day
facts.py     what a script has to know
load.py      all of it, in order
"""
