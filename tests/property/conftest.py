"""How many made-up examples the property tests try, and whether they are the same each time."""

import os

from hypothesis import settings

# The same examples on every run, so that a failure is somebody's doing, not luck.
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
# make test-long: other examples on every run, and many of them.
settings.register_profile("long", deadline=None, max_examples=2_000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
