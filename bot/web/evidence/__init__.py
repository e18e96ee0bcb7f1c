"""Evidence: everything that is kept about one pay run, in one file for the auditor.

`collect` reads it, `shapes` is what was read, `printed` makes the page and `table` the
spreadsheet. It is made of what was stored at the time: the question as it was shown, the
rule's text as it was signed, the readings before and after each call. Ids, never names.
"""
