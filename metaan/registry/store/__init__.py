"""What commands write beside the studies: candidates, runs, decisions, PubMed's metadata.

To add a kind of file, write its model here and read and write it through `json_files`.
"""
