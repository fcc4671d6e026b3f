"""The examples in the docstrings of `flows` are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import flows

MODULES = [module.name for module in pkgutil.iter_modules(flows.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name: str) -> None:
    result = doctest.testmod(importlib.import_module(f"flows.{name}"))
    assert result.failed == 0
