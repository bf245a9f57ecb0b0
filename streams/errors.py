"""The family of errors that Leadclock raises on purpose.

Two fates exist beside plain success. What is wrong with the installation
(`ConfigurationError`) ends the process with exit code 2 and one line. What is
wrong with a single fact (`schemas.codec.RefusedError`) sets that fact aside.
Any other exception is a defect of ours or trouble of the broker, and stops the
worker before its offsets move.
"""


class LeadclockError(Exception):
    """What every error raised on purpose outside `schemas` inherits."""


class ConfigurationError(LeadclockError):
    """Leadclock cannot start as it was asked to.

    The text is one sentence for the person at the keyboard: it names the
    setting, flag or file, says what was found, and what was wanted. The
    command line prints it to standard error and exits with code 2.
    """
