"""HTTP servers that behave, and refuse, like the providers; written from their descriptions."""
