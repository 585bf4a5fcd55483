"""A review that people have elsewhere becomes a registry: files of other programs, read, checked, compared, written.

`start.start_from` is the way in; a kind of file is an entry of its table `READERS`. `revman` reads RevMan's files:
`revman_protocol` and `revman_registry` make the values of the registry, `stored` compares the results that the file
stores.
"""
