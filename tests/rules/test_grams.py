"""Grams: what a text is found by, and what was typed looks for."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rules import grams
from rules.grams import LONGEST_GRAM, Wanted, chunks, simple, wanted


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("漏水", (("漏水", "水"),)),
        ("水管漏水", (("水管", "管漏", "漏水", "水"),)),
        ("栋", (("栋",),)),
        ("厨房，水管", (("厨房", "房"), ("水管", "管"))),
        ("3号楼", (("3", "号楼", "楼"),)),
        ("ＡＢ栋", (("ab", "栋"),)),
        ("WiFi 慢", (("wifi",), ("慢",))),
        ("𠀀𠀁々", (("𠀀𠀁", "𠀁々", "々"),)),
        ("阿卜杜·热合曼", (("阿卜", "卜杜", "杜"), ("热合", "合曼", "曼"))),
        ("a/c", (("a/c",), ("a",), ("c",))),
        ('* " - ( AND', (("and",),)),
        ("…！", ()),
        ("", ()),
    ],
)
def test_a_text_is_found_by(text: str, expected: tuple[tuple[str, ...], ...]) -> None:
    assert chunks(text) == expected


def test_a_code_has_no_parts() -> None:
    assert chunks("3-2-1501", parts=False) == (("3-2-1501",),)


SIMPLE = st.one_of(
    st.text("李张王伟芳", min_size=1, max_size=4),
    st.text("AbC012", min_size=1, max_size=5),
    st.lists(st.text("aB1", min_size=1, max_size=3), min_size=1, max_size=3).map("-".join),
    st.sampled_from(
        ["13812345678", "86-13812345678", "010-62345678", "A" * (LONGEST_GRAM + 1), "a\nb", "３号", "李 伟"]
    ),
)


@given(st.lists(SIMPLE, min_size=1, max_size=4), st.booleans())
@example(["李伟", "王芳"], True)
@example(["3-2-1501", "N7"], False)
def test_many_texts_seen_at_once_are_cut_as_each_alone(texts: list[str], parts: bool) -> None:
    at_once = simple(texts, parts=parts)
    assert at_once is None or [(chunk,) for chunk in at_once] == [chunks(text, parts=parts) for text in texts]


@pytest.mark.parametrize(
    ("texts", "parts"), [(["李伟", "王"], True), (["Aa", "1"], True), (["3-2-1501", "A#1"], False)]
)
def test_simple_texts_are_seen_at_once(texts: list[str], parts: bool) -> None:
    assert simple(texts, parts=parts) == [chunks(text, parts=parts)[0] for text in texts]


@pytest.mark.parametrize(
    "text", ["13812345678", "8613812345678", "138-1234-5678", "010-62345678", "11010119900307123X", "01062345678"]
)
def test_no_number_of_a_person_is_a_gram(text: str) -> None:
    assert chunks(f"请回电{text}谢谢") == (("请回", "回电", "电"), ("谢谢", "谢"))
    assert wanted(text) is None


@pytest.mark.parametrize("text", ["12345", "20260304001", "3-2-1501"])
def test_other_numbers_are(text: str) -> None:
    assert chunks(text)[0] == (text,)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("漏水", [Wanted(("漏水",), is_open=False)]),
        ("漏", [Wanted(("漏",), is_open=True)]),
        ("水管漏", [Wanted(("水管", "管漏"), is_open=False)]),
        ("wif", [Wanted(("wif",), is_open=True)]),
        ("A栋", [Wanted(("a", "栋"), is_open=True)]),
        ("栋A", [Wanted(("栋", "a"), is_open=True)]),
        ("3-2-", [Wanted(("3-2-",), is_open=True)]),
        ("漏水 王", [Wanted(("漏水",), is_open=False), Wanted(("王",), is_open=True)]),
    ],
)
def test_what_was_typed_looks_for(typed: str, expected: list[Wanted]) -> None:
    assert wanted(typed) == expected


@pytest.mark.parametrize("typed", ["", " ", '"', "*", "()", "—", "\ue001"])
def test_nothing_is_found_by_signs_alone(typed: str) -> None:
    assert wanted(typed) is None


def test_a_gram_has_a_bound() -> None:
    assert chunks("x" * 500) == (("x" * LONGEST_GRAM,),)
    assert wanted("x" * 500) == [Wanted(("x" * LONGEST_GRAM,), is_open=True)]


@pytest.mark.parametrize("sign", list("'\"*()&|!:<>\\^+ \t\x00"))
def test_no_sign_of_a_query_is_in_a_gram(sign: str) -> None:
    texts = (f"a{sign}b", f"漏{sign}水", f"{sign}漏水{sign}")
    assert [gram for text in texts for chunk in chunks(text) for gram in chunk if sign in gram] == []


@pytest.mark.parametrize("parts", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        *(
            "王",
            "李丽丽",
            "N0000001",
            "3-2-1501",
            "A1/b2.C3",
            "13812345678",
            "138-0013-8000",
            "0571-1234567-1",
            "x" * 99,
        ),
        *("11010519491231002X", "86-13812345678", "a_b", "1#2", "林 A1", "-1", "1-", "", "ⅣA", "豈"),
    ],
)
def test_what_most_names_and_codes_look_like_is_cut_as_anything_else(text: str, parts: bool) -> None:
    assert chunks(text, parts=parts) == grams._cut(text, parts)
