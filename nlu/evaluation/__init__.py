"""How well messages are understood: labelled sentences, measures, and one report of them.

Nothing here is needed to understand a message, and nothing here is imported to do so.
"""
