"""Numbers as schools write them become numbers that can be dialled, or are refused."""

from __future__ import annotations

import pytest

from outreach.families.phones import Phone, PhoneError, phone


@pytest.mark.parametrize(
    "written",
    [
        "0639980001",
        "06 39 98 00 01",
        "06.39.98.00.01",
        "06-39-98-00-01",
        "06/39/98/00/01",
        "+33639980001",
        "+33 6 39 98 00 01",
        "+33 (0)6 39 98 00 01",
        "0033 6 39 98 00 01",
        "\u202a+33 6 39 98 00 01\u202c",
        "06\u00a039\u202f98 00 01",
        "٠٦٣٩٩٨٠٠٠١",
    ],
)
def test_every_way_of_writing_is_the_same_number(written: str) -> None:
    found = phone(written)
    assert (found.e164, found.channel, found.foreign, found.restored) == (
        "+33639980001",
        "sms",
        False,
        False,
    )


def test_a_lost_zero_is_put_back_and_said() -> None:
    assert phone("639980001").restored
    assert phone("199000001") == Phone("+33199000001", "voice", "FR", True)


@pytest.mark.parametrize("written", ["01 99 00 00 01", "04 65 71 00 01", "09 70 00 00 01"])
def test_a_landline_is_called_not_texted(written: str) -> None:
    assert phone(written).channel == "voice"


@pytest.mark.parametrize(
    ("written", "e164", "region"),
    [
        ("+40 712 034 567", "+40712034567", "RO"),
        ("00212650123456", "+212650123456", "MA"),
        ("+34 612 34 56 78", "+34612345678", "ES"),
    ],
)
def test_a_foreign_mobile_is_known_as_such(written: str, e164: str, region: str) -> None:
    found = phone(written)
    assert (found.e164, found.region, found.foreign, found.channel) == (e164, region, True, "sms")


def test_an_overseas_department_is_not_foreign() -> None:
    found = phone("0692 12 34 56")
    assert (found.e164, found.foreign) == ("+262692123456", False)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("abc", "phone_not_a_number"),
        ("-", "phone_not_a_number"),
        ("06 39 98 00", "phone_not_a_number"),
        ("06 39 98 00 01 02", "phone_not_a_number"),
        ("00 00 00 00 00", "phone_not_a_number"),
        ("06 39 98 00 01 (mère)", "phone_not_a_number"),
        ("maman 0639980001", "phone_not_a_number"),
        ("0639980001 / 0639980002", "phone_several"),
        ("0639980001 0639980002", "phone_several"),
        ("0639980001 ou 0639980002", "phone_several"),
        ("6.3998E+08", "scientific"),
        ("6,4E+08", "scientific"),
        ("0 800 12 25 00", "phone_special"),
        ("0892 12 34 56", "phone_special"),
        ("17", "phone_special"),
        ("119", "phone_special"),
        ("3919", "phone_special"),
    ],
)
def test_what_is_not_one_familys_number_is_refused(written: str, code: str) -> None:
    with pytest.raises(PhoneError) as refused:
        phone(written)
    assert refused.value.code == code
