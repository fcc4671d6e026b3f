"""The report's pictures, as SVG that stands in the page itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from nlu.evaluation.trust import Bin, Point, Use

_CELL, _MARGIN = 15, 135
_SIDE, _LEFT, _FOOT = 320, 46, 44
_BLUE, _RED, _GREEN, _GREY = "#2f5fb3", "#c9191e", "#18753c", "#888888"


def confusion(counts: Mapping[tuple[str, str], int]) -> Markup:
    """The confusion matrix: a row for each expected label, a column for each one heard, the
    darker the larger the share of the row; red off the diagonal."""
    rows = sorted({truth for truth, _ in counts})
    columns = rows + sorted({guess for _, guess in counts} - set(rows))
    width, height = _MARGIN + len(columns) * _CELL, _MARGIN + len(rows) * _CELL
    parts = [_text(_MARGIN - 4, _middle(i), name, "end") for i, name in enumerate(rows)]
    parts += [_upright(_middle(i), _MARGIN - 4, name) for i, name in enumerate(columns)]
    parts += [_grid(len(columns), len(rows))]
    totals = {row: sum(n for (truth, _), n in counts.items() if truth == row) for row in rows}
    for (truth, guess), count in sorted(counts.items()):
        if count:
            place = columns.index(guess), rows.index(truth)
            parts.append(_cell(place, truth, guess, count, totals[truth]))
    return _svg(width, height, "Matrice de confusion", parts)


def calibration(bins: Sequence[Bin]) -> Markup:
    """Confidence against truth: on the diagonal the engine is as sure as it is right; the larger
    the dot, the more sentences."""
    most = max((b.right.total for b in bins), default=1)
    parts = [
        *_frame("confiance annoncée", "part juste"),
        _line([(0, 0), (1, 1)], _GREY, dashed=True),
    ]
    parts.append(_line([(b.confidence, b.right.value or 0.0) for b in bins], _BLUE))
    for b in bins:
        low, high = b.right.interval
        parts.append(_line([(b.confidence, low), (b.confidence, high)], _BLUE))
        title = f"{b.low:.1f} à {b.high:.1f} : {b.right.hits} justes sur {b.right.total}"
        size = 3 + 6 * (b.right.total / most) ** 0.5
        parts.append(_dot(b.confidence, b.right.value or 0.0, _BLUE, title, size))
    return _square("Courbe de calibration", parts)


def thresholds(curve: Sequence[Point]) -> Markup:
    """What happens to messages as the threshold on confidence rises."""
    parts = _frame("seuil de confiance", "part des messages")
    lines = (
        ("répondu", _BLUE, [(p.threshold, p.answered) for p in curve]),
        ("remis à une personne", _GREEN, [(p.threshold, p.handed) for p in curve]),
        ("question posée", _GREY, [(p.threshold, p.asked) for p in curve]),
        ("répondu faux", _RED, [(p.threshold, p.wrong) for p in curve]),
    )
    for row, (name, colour, points) in enumerate(lines):
        parts.append(_line(points, colour))
        parts.append(_text(_LEFT + 8, 14 + 13 * row, name, "start", colour))
    return _square("Répondu, demandé, remis, selon le seuil", parts)


def trade_off(curve: Sequence[Point], use: Use, most_wrong: float) -> Markup:
    """Answered wrongly against not answered, for every threshold, and the point really in use."""
    points = [(1 - p.answered, p.wrong) for p in curve]
    here = (1 - (use.answered.value or 0.0), use.wrong.value or 0.0)
    top = max([most_wrong * 2, here[1], *(y for _, y in points)]) * 1.1
    up = [(x, y / top) for x, y in points]
    parts = _frame("part sans réponse automatique", "part répondue faux", top)
    parts.append(_line([(0, most_wrong / top), (1, most_wrong / top)], _RED, dashed=True))
    parts.append(_line(up, _BLUE))
    for point, (x, y) in zip(curve, up, strict=True):
        parts.append(_dot(x, y, _BLUE, f"seuil {point.threshold:.2f}", 2.5))
    parts.append(_dot(here[0], here[1] / top, _RED, "en service", 6))
    parts.append(_text(_LEFT + _SIDE - 8, 14, "● en service", "end", _RED))
    return _square("Réponses fausses contre messages sans réponse", parts)


def _svg(width: float, height: float, title: str, parts: Sequence[Markup]) -> Markup:
    head = Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" role="img" font-size="10"'
        ' font-family="system-ui, sans-serif" fill="currentColor"><title>{}</title>'
    ).format(width, height, title)
    return head + Markup("").join(parts) + Markup("</svg>")


def _square(title: str, parts: Sequence[Markup]) -> Markup:
    return _svg(_LEFT + _SIDE + 12, _SIDE + _FOOT, title, parts)


def _frame(below: str, beside: str, top: float = 1.0) -> list[Markup]:
    """Axes from 0 to 1 across and from 0 to `top` upwards, with their names."""
    parts = [
        Markup(
            '<rect x="{}" y="4" width="{}" height="{}" fill="none" stroke="currentColor"'
            ' stroke-opacity=".3"/>'
        ).format(_LEFT, _SIDE, _SIDE)
    ]
    for step in range(0, 11, 2):
        share = step / 10
        parts.append(_text(_x(share), _SIDE + 18, f"{share * 100:.0f} %", "middle"))
        digits = 0 if top >= 0.5 else 1
        parts.append(_text(_LEFT - 4, _y(share) + 3, f"{share * top * 100:.{digits}f} %", "end"))
    parts.append(_text(_x(0.5), _SIDE + 36, below, "middle"))
    parts.append(_upright(10, _y(0.5), beside, "middle"))
    return parts


def _x(share: float) -> float:
    return round(_LEFT + share * _SIDE, 1)


def _y(share: float) -> float:
    return round(4 + (1 - share) * _SIDE, 1)


def _line(points: Sequence[tuple[float, float]], colour: str, *, dashed: bool = False) -> Markup:
    way = " ".join(f"{_x(x)},{_y(y)}" for x, y in points)
    dash = Markup(' stroke-dasharray="4 4"') if dashed else ""
    form = Markup('<polyline points="{}" fill="none" stroke="{}" stroke-width="1.5"{}/>')
    return form.format(way, colour, dash)


def _dot(x: float, y: float, colour: str, title: str, size: float) -> Markup:
    form = Markup('<circle cx="{}" cy="{}" r="{}" fill="{}"><title>{}</title></circle>')
    return form.format(_x(x), _y(y), round(size, 1), colour, title)


def _text(x: float, y: float, words: str, anchor: str, colour: str = "currentColor") -> Markup:
    form = Markup('<text x="{}" y="{}" text-anchor="{}" fill="{}">{}</text>')
    return form.format(x, y, anchor, colour, words)


def _upright(x: float, y: float, words: str, anchor: str = "start") -> Markup:
    form = Markup('<text transform="translate({} {}) rotate(-90)" text-anchor="{}">{}</text>')
    return form.format(x, y, anchor, words)


def _middle(place: int) -> float:
    return _MARGIN + place * _CELL + 11


def _grid(columns: int, rows: int) -> Markup:
    form = Markup(
        '<rect x="{}" y="{}" width="{}" height="{}" fill="none" stroke="currentColor"'
        ' stroke-opacity=".3"/>'
    )
    return form.format(_MARGIN, _MARGIN, columns * _CELL, rows * _CELL)


def _cell(place: tuple[int, int], truth: str, guess: str, count: int, total: int) -> Markup:
    form = Markup(
        '<rect x="{}" y="{}" width="{}" height="{}" fill="{}" fill-opacity="{}">'
        "<title>{}</title></rect>"
    )
    across, down = (_MARGIN + p * _CELL for p in place)
    colour = _BLUE if truth == guess else _RED
    # The root lifts the rare mistakes into sight.
    depth = round((count / total) ** 0.5, 2)
    title = f"{truth} → {guess} : {count} sur {total}"
    return form.format(across, down, _CELL, _CELL, colour, depth, title)
