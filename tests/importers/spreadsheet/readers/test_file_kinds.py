"""Files that are no .xlsx workbook, as people have them."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZipFile

import pytest

from importers.workbooks import workbook
from runner.importers.spreadsheet.readers.file_kinds import other_kind

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def archive(*names: str) -> bytes:
    made = BytesIO()
    with ZipFile(made, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return made.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (_OLE, ".xls"),
        (_OLE + "EncryptedPackage".encode("utf-16-le"), "password"),
        (b"\xef\xbb\xbf\n<HTML><table>", "web page"),
        (b"name,date\nA,2026-12-01\n", "text file"),
        (archive("mimetype", "content.xml"), ".ods"),
        (archive("Index/Document.iwa", "preview.jpg"), "Numbers"),
        (archive("[Content_Types].xml", "word/document.xml"), "text document"),
        (archive("[Content_Types].xml", "ppt/presentation.xml"), "presentation"),
        (archive("[Content_Types].xml", "xl/workbook.bin"), ".xlsb"),
        (archive("december/calendar.xlsx"), "archive"),
    ],
)
def test_another_kind_of_file_is_named(data: bytes, said: str) -> None:
    found = other_kind(data)
    assert found is not None
    assert said in found[0]


@pytest.mark.parametrize("data", [workbook([["name"], ["A"]]), b"PK\3\4" + bytes(40), bytes(40), archive("a.txt")])
def test_what_may_be_a_workbook_is_read(data: bytes) -> None:
    assert other_kind(data) is None
