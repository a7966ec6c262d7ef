"""The clause table of the documents and the shipped rules say the same, each way: no clause without its rule, no rule
without its clause. What is ours stands under no clause.
"""

import csv

from tests.infrastructure.standards import FOLDER

S2_ONE, S2_TWO = "S2 物业管理服务标准 一.1", "S2 物业管理服务标准 二.4"

# set, kind, category, severity, milestone: limit, clause
DEADLINES = {
    ("default", "not_complaint", "", "", "first_response"): ("4 hours", S2_ONE),
    ("default", "not_complaint", "", "", "progress_reply"): ("4 hours", S2_ONE),
    ("default", "not_complaint", "", "", "hand_over_supervisor"): ("2 days", "S3 第6篇 4.7"),
    ("default", "not_complaint", "", "", "hand_over_manager"): ("1 weeks", "S3 第6篇 4.8"),
    ("default", "repair", "", "urgent", "on_site"): ("30 minutes", f"S0 基础管理; {S2_ONE}"),
    ("default", "repair", "", "ordinary", "on_site"): ("agreed", "S0 基础管理"),
    ("default", "repair", "communal_lift", "ordinary", "resolution"): ("30 minutes", S2_TWO),
    ("default", "repair", "communal_power", "ordinary", "resolution"): ("30 minutes", S2_TWO),
    ("default", "repair", "communal_water", "ordinary", "resolution"): ("30 minutes", S2_TWO),
    ("default", "repair", "lighting_general", "", "resolution"): ("8 hours", "S2 物业管理服务标准 二.5"),
    ("default", "repair", "lighting_complex", "", "resolution"): ("48 hours", "S2 物业管理服务标准 二.5"),
    ("default", "complaint", "", "", "harm_stopped"): ("at_once", "S3 第5篇 5.1.1"),
    ("default", "complaint", "", "", "on_site"): ("1 hours", S2_ONE),
    ("default", "complaint", "", "", "progress_reply"): ("4 hours", S2_ONE),
    ("default", "complaint", "", "", "promised_reply"): ("agreed", "S2 物业案场客户管家 1(5)"),
    ("default", "complaint", "", "minor", "resolution"): ("2 days", "S3 第5篇 5.2.3"),
    ("default", "complaint", "", "important", "report_supervisor"): ("1 hours", "S3 第5篇 5.2.2"),
    ("default", "complaint", "", "important", "resolution"): ("1 weeks", "S3 第5篇 5.2.2"),
    ("default", "complaint", "", "major", "report_hq"): ("12 hours", "S3 第5篇 5.2.1"),
    ("default", "complaint", "", "major", "answer"): ("2 days", "S3 第5篇 5.2.1"),
    ("default", "complaint", "", "major", "resolution"): ("10 days", "S3 第5篇 5.2.1"),
    ("default", "complaint", "", "", "record_handed_in"): ("end_of_day", "S3 第5篇 5.3.1"),
    ("default", "emergency", "fire", "", "on_site"): ("2 minutes", "S4 第四篇 专业度"),
    ("default", "emergency", "", "", "on_site"): ("3 minutes", "S4 第四篇 专业度"),
    ("managed-service", "complaint", "", "minor", "resolution"): ("8 hours", "S2 物业管理服务标准 一.3"),
    ("managed-service", "complaint", "", "important", "resolution"): ("5 working_days", "S2 物业管理服务标准 一.3"),
    ("managed-service", "complaint", "", "major", "resolution"): ("5 working_days", "S2 物业管理服务标准 一.3"),
    ("butler-estate", "not_complaint", "", "", "first_response"): ("15 minutes", "S2 小区管家式物业管理制度 四.1"),
    ("butler-estate", "complaint", "", "", "first_response"): ("15 minutes", "S2 小区管家式物业管理制度 四.1"),
    ("butler-estate", "repair", "", "urgent", "on_site"): ("30 minutes", "S2 小区管家式物业管理制度 四.2"),
}

# kind, severity, level: open for, clause
LADDER = {
    ("not_complaint", "", "1"): ("2 days", "S3 第6篇 4.7"),
    ("not_complaint", "", "2"): ("1 weeks", "S3 第6篇 4.8"),
    ("complaint", "minor", "1"): ("2 days", "S3 第5篇 5.2.3"),
    ("complaint", "minor", "3"): ("1 months", "S3 第5篇 4.1.3"),
    ("complaint", "important", "1"): ("at_once", "S3 第5篇 5.2.2"),
    ("complaint", "important", "2"): ("1 weeks", "S3 第5篇 5.2.2"),
    ("complaint", "important", "3"): ("1 months", "S3 第5篇 4.1.3"),
    ("complaint", "major", "1"): ("at_once", "S3 第5篇 5.2.1"),
    ("complaint", "major", "2"): ("at_once", "S3 第5篇 5.2.1"),
    ("complaint", "major", "3"): ("at_once", "S3 第5篇 5.2.1"),
}


def lines(file_name: str) -> list[dict[str, str]]:
    with (FOLDER / file_name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def limit(line: dict[str, str]) -> str:
    return f"{line['value']} {line['unit']}".strip()


def test_the_clause_table_and_the_deadlines_are_in_step_both_ways() -> None:
    shipped = lines("standard_rule.csv")
    found = {
        (each["standard_set"], each["kind"], each["category"], each["severity"], each["milestone"]): (
            limit(each),
            each["source"],
        )
        for each in shipped
    }
    assert found == DEADLINES
    assert len(found) == len(shipped)


def test_the_clause_table_and_the_ladder_are_in_step_both_ways() -> None:
    by_clause = [each for each in lines("ladder_rule.csv") if each["is_ours"] == "no"]
    found = {(each["kind"], each["severity"], each["level"]): (limit(each), each["source"]) for each in by_clause}
    assert found == LADDER
    assert len(found) == len(by_clause)


def test_what_is_ours_is_the_week_of_a_minor_complaint_and_the_warnings() -> None:
    ours = {each["code"] for each in lines("ladder_rule.csv") if each["is_ours"] == "yes"}
    warnings = {each["code"] for each in lines("ladder_rule.csv") if each["is_warning"] == "yes"}
    assert ours == warnings | {"default/minor-2"}


def test_a_month_open_turns_a_valid_complaint_major() -> None:
    turning = [each for each in lines("ladder_rule.csv") if each["turns_major"] == "yes"]
    assert {each["source"] for each in turning} == {"S3 第5篇 4.1.3"}
    assert {each["only_if_valid"] for each in turning} == {"yes"}


def test_shipped_figures_run_round_the_clock() -> None:
    assert {each["clock"] for each in [*lines("standard_rule.csv"), *lines("ladder_rule.csv")]} == {"elapsed"}
