"""What can go wrong apart from a rejection, which is an outcome and no error."""


class UnstorableText(Exception):  # noqa: N818 - a kind of outcome, not a programming error
    """A command holds a character that PostgreSQL can't store: NUL."""
