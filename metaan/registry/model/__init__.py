"""What review.yaml and the study files may hold, as frozen models.

To add a key, give its model a field with a type and a docstring; the JSON Schema and the messages follow.
"""
