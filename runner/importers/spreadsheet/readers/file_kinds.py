"""Name what a file is that is no .xlsx workbook, by its first bytes and by the parts of its archive. Pure.

The bytes of a file come in. A message that continues "the workbook calendar.xlsx …" goes out with advice, or None.
"""

from __future__ import annotations

from io import BytesIO
from zipfile import BadZipFile, ZipFile

from runner.definitions.reading.encodings import COMPOUND_FILE

AS_XLSX = "Open it in the spreadsheet program, and save it as .xlsx or as CSV UTF-8."
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_LONGEST_START = 1024
# The beginning of the name of a part that only this kind of archive has -> what the archive is.
_ARCHIVES = (
    ("word/", "is a text document, not a workbook"),
    ("ppt/", "is a presentation, not a workbook"),
    ("xl/workbook.bin", "is a binary workbook (.xlsb)"),
    ("Index/", "is a workbook of Numbers"),
    ("Index.zip", "is a workbook of Numbers"),
    ("content.xml", "is an OpenDocument file (.ods)"),
)


def other_kind(data: bytes) -> tuple[str, str] | None:
    """Return what the file is, and what to do with it; None if it may be an .xlsx workbook."""
    if not data:
        return "is empty", "Save it again in the spreadsheet program."
    if data.startswith(COMPOUND_FILE):
        if _ENCRYPTED in data:
            return "is protected by a password", "Save it without a password."
        return "is an old .xls file", AS_XLSX
    start = data[:_LONGEST_START].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<html", b"<!doctype", b"<table", b"<?xml", b"mime-version")):
        return "is a web page or another XML file, although it may be named like a workbook", AS_XLSX
    if not data.startswith(b"PK"):
        is_text = b"\0" not in data[:_LONGEST_START]
        return ("is a text file, not a workbook", "Import a CSV file with bulletins import csv.") if is_text else None
    return _kind_of_archive(data)


def _kind_of_archive(data: bytes) -> tuple[str, str] | None:
    try:
        with ZipFile(BytesIO(data)) as archive:
            names = archive.namelist()
    except (BadZipFile, ValueError, OSError):
        return None
    if "xl/workbook.xml" in names:
        return None
    message = next((said for start, said in _ARCHIVES if any(name.startswith(start) for name in names)), None)
    if message is None and any(name.endswith((".xlsx", ".csv")) for name in names):
        return "is an archive with other files in it", "Unpack it, and import the file that is in it."
    return None if message is None else (message, AS_XLSX)
