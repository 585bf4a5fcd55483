"""The outside world: services that are asked, and files that others exported, both made into records.

To add a database, enter it in `databases.DATABASES`, and where it is asked make a folder with its calls; to add a
format of files, write a parser in `files` and enter it in `files.read.FORMATS`.
"""
