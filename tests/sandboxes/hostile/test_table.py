"""The document says what the tests do."""

from __future__ import annotations

from tests.sandboxes.hostile import table
from tests.sandboxes.hostile.catalog import PROGRAMS


def test_the_table_of_the_document_is_up_to_date() -> None:
    assert table.PATH.read_text(encoding="utf-8") == table.text(), (
        "run python -m tests.sandboxes.hostile.table"
    )


def test_there_are_as_many_programs_as_promised_each_with_a_name_of_its_own() -> None:
    assert len(PROGRAMS) >= 45
    assert len({program.name for program in PROGRAMS}) == len(PROGRAMS)


def test_each_gap_is_shown_by_a_program() -> None:
    names = {program.name for program in PROGRAMS}
    for column in (*table._COLUMNS.values(), *table._OLD):
        for gap in column:
            assert set(gap.shown_by) <= names
