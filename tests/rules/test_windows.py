"""Windows as people write them."""

import pytest

from rules.windows import window


@pytest.mark.parametrize(
    ("opens", "closes", "expected"),
    [
        ("09:00", "17:30", (32_400, 63_000)),
        ("00:00", "24:00", (0, 86_400)),
        ("22:00", "06:00", (79_200, 108_000)),
        ("12:00", "00:00", (43_200, 86_400)),
        ("23:59", "24:00", (86_340, 86_400)),
    ],
)
def test_a_window_that_ends_before_it_opens_ends_on_the_next_day(
    opens: str, closes: str, expected: tuple[int, int]
) -> None:
    assert window(opens, closes) == expected


@pytest.mark.parametrize(
    ("opens", "closes"),
    [("09:00", "09:00"), ("24:00", "06:00"), ("9:00", "17:00"), ("09:00", "24:01"), ("09:60", "17:00"), ("", "17:00")],
)
def test_what_is_no_window_is_refused(opens: str, closes: str) -> None:
    with pytest.raises(ValueError, match=r"is no time of day|is no window"):
        window(opens, closes)
