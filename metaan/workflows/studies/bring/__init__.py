"""A review that people have elsewhere becomes a registry: files of other programs, read, checked, compared, written.

`start.start_from` is the way in; a kind of file is an entry of its table `READERS`. `revman` reads RevMan's files:
`revman_registry` makes the values of the registry, `stored` compares the results that the file stores.
"""
