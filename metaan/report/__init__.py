"""Values become words, plots, pages and files. Nothing here computes a statistic.

`sections` say what is told, `language` in which words, `writers` in which format.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


class _Called(ModuleType):
    """The folder, which can be called: its name is also that of a public function, ``metaan.report``.

    Whatever imports a folder puts it in the place of a function of that name.
    """

    def __call__(self, *args: Any, **named: Any) -> Any:
        """Write a report of arrays, as `metaan.workflows.publish.arrays.report`."""
        return import_module("metaan.workflows.publish.arrays").report(*args, **named)


sys.modules[__name__].__class__ = _Called
