"""Files that people upload, good and bad ones, made here."""

import io
import struct
import zipfile

PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
TEXT = "Ada Lovelace\nZürich — analyst\r\n\tfirst of all\n".encode()
ODT_TYPE = "application/vnd.oasis.opendocument.text"
DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def archive(**entries: bytes) -> bytes:
    """Make a zip archive; __ stands for / in names."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in entries.items():
            method = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            file.writestr(name.replace("__", "/"), content, method)
    return packed.getvalue()


def docx(**more: bytes) -> bytes:
    """Make what a word processor would: an Office Open XML text."""
    return archive(**{"[Content_Types].xml": b"<Types/>", "word__document.xml": b"<document/>"} | more)


def odt(mimetype: str = ODT_TYPE) -> bytes:
    """Make an OpenDocument text."""
    return archive(mimetype=mimetype.encode(), **{"content.xml": b"<office/>"})


def bomb() -> bytes:
    """Make a DOCX of some hundred kilobytes that unpacks to more than 100 MiB."""
    return docx(**{"word__media__image.bin": bytes(101 * 1024 * 1024)})


def crowded() -> bytes:
    """Make a DOCX with so many entries that reading its table of contents would take much memory."""
    return docx(**{f"entry-{number:040}": b"" for number in range(5_000)})


def lying(table_bytes: int) -> bytes:
    """Make a DOCX whose last record says another length for its table of contents."""
    content = bytearray(docx())
    struct.pack_into("<L", content, content.rfind(b"PK\x05\x06") + 12, table_bytes)
    return bytes(content)
