"""Addresses as they may be shown: a password in one is for the server alone."""

import re

# Up to the last @ before a slash, since a password may hold one.
_PASSWORD = re.compile(r"(://[^/\s:@]*):[^/\s]*@")


def without_password(text: str) -> str:
    """The text with *** for the password of each address in it, as in https://name:***@host/path."""
    return _PASSWORD.sub(r"\1:***@", text)
