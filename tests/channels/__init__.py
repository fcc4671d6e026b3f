"""Tests of the channels, over real HTTP against the stand-ins."""
