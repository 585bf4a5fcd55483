"""The outside world: services that are asked, and files that others exported, both made into records.

To add a database, make a folder with its calls and enter it in `net.services.SERVICES`; to add a format of files,
write a parser in `files` and enter it in `files.read.FORMATS`.
"""
