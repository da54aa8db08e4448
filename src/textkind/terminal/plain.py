"""Make texts from outside harmless to a terminal."""


def plain(text: object) -> str:
    """Text without control characters, so that it cannot drive the terminal.

    >>> plain("red \\x1b[31malert")
    'red \\ufffd[31malert'
    """
    return "".join(one if one.isprintable() else " " if one.isspace() else "\ufffd" for one in str(text))
