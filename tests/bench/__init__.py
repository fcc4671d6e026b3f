"""Measurements, printed as a table with the commit; no thresholds."""
