import pytest

from importers.mapping.proposing import APPLIED, OFFERED
from importers.mapping.similarity import similar

OWNER = frozenset({"owner", "业主"})


@pytest.mark.parametrize(
    ("heading", "spelling"),
    [
        ("业主手机号码", "手机号码"),
        ("owneremail", "email"),
        ("ownrenumber", "ownernumber"),
        ("身份证号码等", "身份证号码"),
    ],
)
def test_a_heading_that_nearly_says_the_same_is_taken(heading: str, spelling: str) -> None:
    assert similar(heading, spelling, OWNER) >= APPLIED


@pytest.mark.parametrize(
    ("heading", "spelling", "is_number", "is_taken"),
    [
        ("电话号码", "电话", True, True),
        ("phonenumber", "phone", True, True),
        ("证件号", "证件号码", True, True),
        ("证件", "证件号码", True, False),
        ("业主号码", "业主", False, False),
    ],
)
def test_a_word_for_number_makes_no_other_number(heading: str, spelling: str, is_number: bool, is_taken: bool) -> None:
    assert (similar(heading, spelling, OWNER, is_number=is_number) >= APPLIED) is is_taken


@pytest.mark.parametrize(
    ("heading", "spelling"),
    [("紧急联系电话", "联系电话"), ("配偶姓名", "姓名"), ("电话2", "电话"), ("emergencyphone", "phone")],
)
def test_what_may_be_somebody_elses_is_only_offered(heading: str, spelling: str) -> None:
    assert OFFERED <= similar(heading, spelling, OWNER) < APPLIED


@pytest.mark.parametrize(
    ("heading", "spelling"),
    [
        ("电费", "电话"),
        ("楼层", "楼栋"),
        ("面积", "备注"),
        ("性别", "姓名"),
        ("车牌号", "房号"),
        ("姓名拼音", "姓名"),
        ("note", "name"),
        ("1", "1号"),
        ("", "电话"),
        ("电话", ""),
    ],
)
def test_no_silly_matches(heading: str, spelling: str) -> None:
    assert similar(heading, spelling, OWNER) < OFFERED
