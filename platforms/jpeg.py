"""How large a picture is, read from its own header."""


def jpeg_size(content: bytes) -> tuple[int, int] | None:
    """Return width and height of a JPEG in pixels, from its first frame's header; None where there is none.

    Source: ITU-T T.81, B.1.1.3 and B.2.2.
    """
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        # These three are tables among the headers of frames.
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(content[at + 7 : at + 9], "big"), int.from_bytes(content[at + 5 : at + 7], "big")
        at += 2 + length
    return None
