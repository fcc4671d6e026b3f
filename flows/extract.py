"""From `flows/*.yml` to gettext: Babel's extractor, the template, and the update of catalogues.

`python -m flows.extract` writes `locales/renouer.pot` and brings every catalogue up to date;
`--check` only says whether that would change anything; `--hash LANGUAGE` prints a catalogue's
hash for `locales/reviews.toml`.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import yaml
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from flows.catalogue import DOMAIN, FOLDER, LANGUAGES, SOURCE, catalogue_hash, locale_of, po_file
from flows.load import load_flows
from flows.schema import FlowSet

_HEADER = "# Renouer: words for families. Source language: French (flows/*.yml).\n#"


def extract(
    fileobj: IO[bytes],
    keywords: Collection[str],  # noqa: ARG001 – Babel's signature
    comment_tags: Collection[str],  # noqa: ARG001 – Babel's signature
    options: Mapping[str, Any],  # noqa: ARG001 – Babel's signature
) -> Iterator[tuple[int, str, tuple[str, str], list[str]]]:
    """Babel's extraction method for flow files: (line, function, (key, French text), comments).

    Set it in a mapping file as `flows.extract:extract`.

    >>> list(extract(BytesIO(b'messages: [{key: a.b, text: Oui}]'), (), (), {}))
    [(1, 'pgettext', ('a.b', 'Oui'), [])]
    """
    root = yaml.compose(fileobj.read().decode("utf-8"), Loader=yaml.SafeLoader)
    if root is not None:
        yield from _messages(root)


def _messages(node: yaml.Node) -> Iterator[tuple[int, str, tuple[str, str], list[str]]]:
    """Every mapping that has both a key and a text, wherever it is in the file."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _messages(item)
    if not isinstance(node, yaml.MappingNode):
        return
    scalars = {k.value: v for k, v in node.value if isinstance(v, yaml.ScalarNode)}
    same = scalars.get("same")
    if "key" in scalars and "text" in scalars and not (same and same.value == "true"):
        entry = scalars["key"].value, scalars["text"].value
        notes = [scalars["note"].value] if "note" in scalars else []
        yield scalars["key"].start_mark.line + 1, "pgettext", entry, notes
    for _, value in node.value:
        yield from _messages(value)


def template(flows: FlowSet | None = None) -> Catalog:
    """The catalogue of all French texts, in order of key."""
    catalogue = Catalog(
        domain=DOMAIN, project="Renouer", header_comment=_HEADER, charset="utf-8", fuzzy=False
    )
    messages = (flows or load_flows()).messages
    for key in sorted(messages):
        message = messages[key]
        if message.same:
            continue
        # The file alone: with line numbers, every edit of a flow would rewrite all catalogues.
        catalogue.add(
            message.text,
            locations=[(message.where.file, 0)],
            auto_comments=[message.note] if message.note else [],
            context=key,
        )
    return catalogue


def updated(language: str, folder: Path = FOLDER) -> Catalog:
    """A language's catalogue with today's texts; what has no translation yet is empty."""
    path = po_file(language, folder)
    catalogue = Catalog(locale=locale_of(language), domain=DOMAIN)
    if path.exists():
        with path.open("rb") as file:
            catalogue = read_po(file, locale=locale_of(language), domain=DOMAIN)
    # A near text in another message is not a translation of this one.
    catalogue.update(template(), no_fuzzy_matching=True, update_header_comment=True)
    catalogue.obsolete.clear()
    catalogue.fuzzy = False
    return catalogue


def as_bytes(catalogue: Catalog) -> bytes:
    """The file's text; the dates of Babel's header are left out, so that equal is equal."""
    buffer = BytesIO()
    write_po(buffer, catalogue, width=100, include_lineno=False)
    lines = buffer.getvalue().splitlines(keepends=True)
    return b"".join(line for line in lines if b"-Date: " not in line[:25])


def main(arguments: list[str]) -> int:
    """Write (or with --check compare) the template and the catalogues."""
    if arguments[:1] == ["--hash"]:
        sys.stdout.write(f"{catalogue_hash(arguments[1])}\n")
        return 0
    files = {FOLDER / f"{DOMAIN}.pot": as_bytes(template())}
    files |= {po_file(code): as_bytes(updated(code)) for code in LANGUAGES if code != SOURCE}
    stale = [p for p, text in files.items() if not p.exists() or p.read_bytes() != text]
    for path in stale:
        sys.stdout.write(f"{path.relative_to(FOLDER.parent)}: out of date\n")
        if "--check" not in arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(files[path])
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
