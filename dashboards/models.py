"""This room reads; it keeps no rows of its own yet."""
