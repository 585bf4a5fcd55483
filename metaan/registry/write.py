"""Writing into the registry, from one place: whole files, single values, new studies and reviews, the JSON Schema."""

from .scaffold import StudyForm, scaffold_review, scaffold_study, schema
from .text.atomic import change, write_bytes, write_text
from .text.edit import append, set_value

__all__ = [
    "StudyForm",
    "append",
    "change",
    "scaffold_review",
    "scaffold_study",
    "schema",
    "set_value",
    "write_bytes",
    "write_text",
]
