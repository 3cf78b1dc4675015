"""Reads the names in what platforms export. Each platform has a module that reads its names."""

from collections.abc import Mapping

from autograder.submissions.platforms.blackboard import BLACKBOARD
from autograder.submissions.platforms.brightspace import BRIGHTSPACE
from autograder.submissions.platforms.canvas import CANVAS
from autograder.submissions.platforms.entry import Entry, Platform, TextOf
from autograder.submissions.platforms.gradescope import GRADESCOPE
from autograder.submissions.platforms.ilias import ILIAS
from autograder.submissions.platforms.moodle import MOODLE

# The order matters little, because hardly any name fits two of them. The looser patterns come last.
PLATFORMS: Mapping[str, Platform] = {
    "gradescope": GRADESCOPE,
    "moodle": MOODLE,
    "blackboard": BLACKBOARD,
    "brightspace": BRIGHTSPACE,
    "canvas": CANVAS,
    "ilias": ILIAS,
}
