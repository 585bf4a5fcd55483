"""Study files made and changed: added, entered, extracted, accepted, confirmed.

Every edit goes through `study_edit`, which takes turns with other commands.
"""
