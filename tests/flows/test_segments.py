"""What an SMS costs, on the cases where a naive count is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from flows.segments import gsm7_fold, is_gsm7, segments

FLAG = "🇫🇷"  # four UTF-16 units, one sign
FAMILY = "👩‍👩‍👧"  # eight units, one sign
ACUTE = "e\u0301"  # a letter and its mark, two units, one sign


@pytest.mark.parametrize(
    ("text", "encoding", "units", "count"),
    [
        ("", "GSM-7", 0, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("€" * 81, "GSM-7", 162, 2),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),  # an escape is not split at 153
        ("a" * 151 + "€" + "a" * 153, "GSM-7", 306, 2),
        ("éèàùìòäöüÉÇ\n", "GSM-7", 12, 1),
        ("ç", "UCS-2", 1, 1),
        ("ê" * 70, "UCS-2", 70, 1),
        ("ê" * 71, "UCS-2", 71, 2),
        ("ê" * 134, "UCS-2", 134, 2),
        ("ê" * 135, "UCS-2", 135, 3),
        ("😀" * 35, "UCS-2", 70, 1),
        ("😀" * 36, "UCS-2", 72, 2),
        ("ê" * 66 + "😀" + "ê" * 66, "UCS-2", 134, 3),  # a pair is not split at 67
        ("ê" * 65 + "😀" + "ê" * 67, "UCS-2", 134, 2),
        ("ê" * 64 + FLAG + "ê" * 66, "UCS-2", 134, 3),
        ("ê" * 63 + FAMILY + "ê" * 63, "UCS-2", 134, 3),
        ("ê" * 66 + ACUTE + "ê" * 66, "UCS-2", 134, 3),
        ("a’b", "UCS-2", 3, 1),
        ("مرحبا", "UCS-2", 5, 1),
    ],
)
def test_encoding_units_and_segments(text: str, encoding: str, units: int, count: int) -> None:
    found = segments(text)
    assert (found.encoding, found.units, found.segments) == (encoding, units, count)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("être reçu à l’œuvre…", "etre recu à l'oeuvre..."),
        ("« Noël » – “ok”", '" Noel " - "ok"'),
        ("37,8\u00a0°C", "37,8  C"),
        ("ĞğŞşİı", "GgSsIi"),
        ("ăâîșț ÀÊ", "aaist AE"),
        ("€10 [ok]", "€10 [ok]"),
        ("عربي", "عربي"),
        ("e\u0302", "e"),
    ],
)
def test_smart_encoding(text: str, folded: str) -> None:
    assert gsm7_fold(text) == folded


@given(st.text(max_size=400))
def test_any_text_has_a_cost_that_fits(text: str) -> None:
    found = segments(text)
    single, part = (160, 153) if found.encoding == "GSM-7" else (70, 67)
    assert found.segments >= 1
    assert (found.segments == 1) == (found.units <= single)
    assert found.units <= max(single, found.segments * part)


@given(st.text(max_size=100))
def test_folding_never_makes_a_text_dearer_in_encoding(text: str) -> None:
    assert not is_gsm7(text) or gsm7_fold(text) == text
    assert gsm7_fold(gsm7_fold(text)) == gsm7_fold(text)
