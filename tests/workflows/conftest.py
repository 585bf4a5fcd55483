"""No test here asks a service of the world."""

from tests.repository import no_settings_of_this_machine
from tests.server.living import nobody_elsewhere

__all__ = ["no_settings_of_this_machine", "nobody_elsewhere"]
