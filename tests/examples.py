"""How many examples hypothesis makes up for a rule: few each time `./test` runs, many for `./test --all`.

The profile decides (`pytest --hypothesis-profile=thorough`). A rule that costs much for each example asks here for its
own number, which grows with the profile as the usual one does.
"""

import os
from typing import Final

from hypothesis import settings

USUAL: Final = 40
THOROUGH: Final = 200


def examples(few: int) -> int:
    """Return how many a rule shall have that has `few` of them in an ordinary run."""
    return few * settings.default.max_examples // USUAL if settings.default else few


def register_profiles() -> None:
    """Tell hypothesis of both, and choose the one for every day."""
    # No deadline: the machine that runs the tests is not what they are about.
    every_day = settings(deadline=None, max_examples=USUAL)
    if os.environ.get("CI"):
        every_day = settings(every_day, derandomize=True, print_blob=True)
    settings.register_profile("every_day", every_day)
    settings.register_profile("thorough", every_day, max_examples=THOROUGH)
    settings.load_profile("every_day")
