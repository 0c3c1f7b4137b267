"""The editor's window in Qt: observes the document, sends edits, talks to the worker by messages."""
