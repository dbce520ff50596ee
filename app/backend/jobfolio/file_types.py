"""What kind of document a file is: told by its content, never by its name or by what the browser says.

Archives (DOCX, ODT) are judged by their table of contents alone. Nothing is unpacked, here or anywhere else in the
backend, so that a small file cannot become a large one (a "zip bomb").
"""

import re
import struct
from io import BytesIO
from zipfile import BadZipFile, ZipFile

from .models import DocumentType

# PKWARE's APPNOTE, 4.3.16: the record that ends an archive says how long its table of contents is.
END_OF_ARCHIVE = struct.Struct("<4s4H2LH")
ZIP64_LOCATOR_BYTES = 20
LONGEST_COMMENT = 65_535
# A résumé has some dozens of entries. The limits bound what reading the table costs, and what a reader would unpack.
LONGEST_TABLE = 256 * 1024  # bytes
LARGEST_UNPACKED = 100 * 1024 * 1024  # bytes
CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


class UnknownFileTypeError(ValueError):
    """The file is none that may be stored; the message says why."""


def tell_type(content: bytes) -> DocumentType:
    """Tell the type of a file. Raises UnknownFileTypeError."""
    if content.startswith(b"%PDF-"):
        return DocumentType.PDF
    if content.startswith(b"PK\x03\x04"):
        return _archive_type(content)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = "\x00"
    if CONTROLS.search(text):
        raise UnknownFileTypeError("This is no PDF, DOCX, ODT or plain text in UTF-8.")
    return DocumentType.PLAIN


def _archive_type(content: bytes) -> DocumentType:
    _check_table(content)
    try:
        # Parses the table of contents, which is now known to be short.
        entries = {entry.filename: entry for entry in ZipFile(BytesIO(content)).infolist()}
    except (BadZipFile, ValueError, NotImplementedError, OSError, struct.error):
        raise UnknownFileTypeError("The file is damaged: it cannot be opened.") from None
    if sum(entry.file_size for entry in entries.values()) > LARGEST_UNPACKED:
        raise UnknownFileTypeError("Unpacked, the file would be far too large for a résumé.")
    if {"[Content_Types].xml", "word/document.xml"} <= entries.keys():
        return DocumentType.DOCX
    # OASIS ODF 1.2, part 3, 3.3: the first entry, stored as it is, names the type.
    if content[30:].startswith(b"mimetype" + DocumentType.ODT.encode()) and "content.xml" in entries:
        return DocumentType.ODT
    raise UnknownFileTypeError("This is an archive, but neither DOCX nor ODT.")


def _check_table(content: bytes) -> None:
    """Refuse an archive whose table of contents is long, before anything reads it."""
    end = content.rfind(b"PK\x05\x06", max(0, len(content) - LONGEST_COMMENT - END_OF_ARCHIVE.size))
    if end < 0 or len(content) - end < END_OF_ARCHIVE.size:
        raise UnknownFileTypeError("The file is damaged: its end is missing.")
    *_, table_bytes, _offset, _comment = END_OF_ARCHIVE.unpack_from(content, end)
    is_zip64 = content[max(0, end - ZIP64_LOCATOR_BYTES) : end].startswith(b"PK\x06\x07")
    if table_bytes > LONGEST_TABLE or is_zip64:
        raise UnknownFileTypeError("The archive has far too many entries for a résumé.")
