"""A database's address, as each of its readers wants it."""


def sqlalchemy_url(url: str) -> str:
    """Name the driver in a database's address."""
    return "postgresql+psycopg://" + url.partition("://")[2]


def plain_url(url: str) -> str:
    """Give a database's address as libpq reads it."""
    return "postgresql://" + url.partition("://")[2]
