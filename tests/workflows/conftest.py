"""No test here asks a service of the world."""

from tests.server.living import nobody_elsewhere

__all__ = ["nobody_elsewhere"]
