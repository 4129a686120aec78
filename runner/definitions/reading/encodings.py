"""Recognise a file that is no text in UTF-8, so that people know what to do with it. Pure."""

from __future__ import annotations

import codecs

UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# How a file of a spreadsheet program begins: .xlsx and .ods are zip archives, .xls is a compound file.
ZIP_ARCHIVE = b"PK\3\4"
COMPOUND_FILE = b"\xd0\xcf\x11\xe0"
WORKBOOKS = (ZIP_ARCHIVE, COMPOUND_FILE)
AS_UTF8 = "Save it as UTF-8: in a spreadsheet program, with the file type CSV UTF-8; in an editor, as UTF-8."


def is_utf_16(data: bytes) -> bool:
    """Whether a file is UTF-16: by its mark, or because its first character, of ASCII, has a zero byte."""
    return data[:2] in UTF_16_MARKS or b"\0" in data[:2]


def not_utf_8(data: bytes, start: int) -> str:
    """Return what is known about the encoding of a file whose byte at `start` is not UTF-8, for a message."""
    if is_utf_16(data):
        return "the file is UTF-16, not UTF-8"
    message = f"the byte 0x{data[start]:02X} is not UTF-8"
    return f"{message}; the file seems to be in Windows-1252" if is_windows_1252(data) else message


def is_windows_1252(data: bytes) -> bool:
    """Whether a file that is not UTF-8 may be in the encoding that Windows programs in western Europe use."""
    if b"\0" in data:
        return False
    try:
        data.decode("cp1252")
    except UnicodeDecodeError:
        return False
    return True
