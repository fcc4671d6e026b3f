"""Tests of those who talk."""
