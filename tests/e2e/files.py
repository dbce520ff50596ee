"""Files that a person uploads, made for the test."""

from __future__ import annotations

LINES_A_PAGE = 40

# Counts the dark dots of a canvas: neither white paper, nor nothing drawn at all.
INK = """canvas => {
    const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
    return data.filter((value, at) => at % 4 === 0 && value < 128 && data[at + 3] > 128).length
}"""

RESOURCES = "/MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> /XObject << /Scan 4 0 R >> >>"

# What a fax machine or a scanner makes of a black square (ITU-T T.6): sixteen lines like the one before, and the end.
SCAN = "<ffff001001>"
SCAN_HEAD = (
    "<< /Type /XObject /Subtype /Image /Width 16 /Height 16 /BitsPerComponent 1 /ColorSpace /DeviceGray "
    "/Filter [/ASCIIHexDecode /CCITTFaxDecode] /DecodeParms [null << /K -1 /Columns 16 /Rows 16 /BlackIs1 true >>]"
)


def pdf(*pages: str) -> bytes:
    """Write a PDF 1.4 of A4 pages.

    Each is filled with a line of text, in a font that every reader brings along; the last page is a scanned one.
    """
    lines = (f"BT /F1 16 Tf 18 TL 60 780 Td {f'({text}) Tj T* ' * LINES_A_PAGE}ET" for text in pages)
    contents = [*lines, "400 0 0 400 100 200 cm /Scan Do"]
    kids = " ".join(f"{number} 0 R" for number in range(5, 5 + 2 * len(contents), 2))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(contents)} /Kids [{kids}] >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        f"{SCAN_HEAD} /Length {len(SCAN)} >>\nstream\n{SCAN}\nendstream",
    ]
    for number, content in enumerate(contents):
        objects += [
            f"<< /Type /Page /Parent 2 0 R {RESOURCES} /Contents {6 + 2 * number} 0 R >>",
            f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        ]
    written = "%PDF-1.4\n"
    places = []
    for key, value in enumerate(objects, start=1):
        places.append(len(written))
        written += f"{key} 0 obj\n{value}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    return (
        f"{written}xref\n0 {size}\n0000000000 65535 f \n{table}"
        f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{len(written)}\n%%EOF\n"
    ).encode("ascii")
