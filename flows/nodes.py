"""Reading YAML with line numbers: every wrong thing becomes a fault with file, line and reason."""

from __future__ import annotations

from dataclasses import dataclass, field

import yaml

from flows.schema import Where


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong in one line of one file."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


class FlowError(ValueError):
    """Some files cannot be used; `faults` are all the reasons, not only the first."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n".join(str(f) for f in self.faults))


@dataclass(slots=True)
class Reader:
    """Reads the nodes of one file; faults are kept, reading goes on."""

    file: str
    faults: list[Fault] = field(default_factory=list)

    def where(self, node: yaml.Node) -> Where:
        """File and line of a node."""
        return Where(self.file, node.start_mark.line + 1)

    def fault(self, node: yaml.Node, reason: str) -> None:
        """Note that this node is wrong."""
        self.faults.append(Fault(self.file, node.start_mark.line + 1, reason))

    def compose(self, text: str) -> yaml.Node | None:
        """The file's root node, or None with a fault when it is not YAML."""
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            self.faults.append(Fault(self.file, line, f"not YAML: {error.problem}"))
            return None
        except yaml.reader.ReaderError as error:
            self.faults.append(Fault(self.file, 1, f"not YAML: {error.reason}"))
            return None
        if root is None:
            self.faults.append(Fault(self.file, 1, "the file is empty"))
        return root

    def mapping(
        self, node: yaml.Node, allowed: tuple[str, ...] = (), required: tuple[str, ...] = ()
    ) -> dict[str, yaml.Node]:
        """The entries of a mapping; unknown, repeated and missing keys are faults.

        With no `allowed`, any key is taken (names of steps, topics, params).
        """
        if not isinstance(node, yaml.MappingNode):
            self.fault(node, "expected a mapping")
            return {}
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = self.text(key)
            if name in found:
                self.fault(key, f"« {name} » twice")
            elif allowed and name not in allowed:
                self.fault(key, f"unknown key « {name} » (known: {', '.join(allowed)})")
            else:
                found[name] = value
        for name in required:
            if name not in found:
                self.fault(node, f"« {name} » is missing")
        return found

    def sequence(self, node: yaml.Node) -> list[yaml.Node]:
        """The items of a list."""
        if isinstance(node, yaml.SequenceNode):
            return list(node.value)
        self.fault(node, "expected a list")
        return []

    def text(self, node: yaml.Node) -> str:
        """A scalar as it is written (so `yes` stays « yes »)."""
        if isinstance(node, yaml.ScalarNode):
            return str(node.value).strip()
        self.fault(node, "expected a text")
        return ""

    def texts(self, node: yaml.Node) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(self.text(item) for item in self.sequence(node))

    def integer(self, node: yaml.Node) -> int:
        """A whole number."""
        raw = self.text(node)
        try:
            return int(raw)
        except ValueError:
            self.fault(node, f"« {raw} » is not a whole number")
            return 0

    def flag(self, node: yaml.Node) -> bool:
        """true or false."""
        raw = self.text(node)
        if raw not in ("true", "false"):
            self.fault(node, f"« {raw} » is neither true nor false")
        return raw == "true"

    def one_of(self, node: yaml.Node, allowed: tuple[str, ...], what: str) -> str:
        """A text of a closed list."""
        raw = self.text(node)
        if raw not in allowed:
            self.fault(node, f"unknown {what} « {raw} » (known: {', '.join(allowed)})")
        return raw
