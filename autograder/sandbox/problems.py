"""What can go wrong in a sandbox."""


class TimedOut(Exception):
    """The student's code did not answer in time."""


class Crashed(Exception):
    """The student's process ended, or sent something that is not an answer."""


class SandboxBroken(Exception):
    """The sandbox itself does not work. This is never the student's fault."""
