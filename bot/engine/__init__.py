"""From news to one safe effect: receive, look, plan, perform, approve, tell.

Each module is one step. They share a `Bot` (what the service is made of) and the
database; nothing that matters lives only in memory.
"""
