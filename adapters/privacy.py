"""Names of fields that say who somebody is. Such fields are never kept beside an event."""

_PERSONAL = frozenset({
    "name", "firstname", "lastname", "surname", "fullname", "naam", "voornaam", "achternaam",
    "address", "adres", "street", "straat", "postcode", "zip", "city", "plaats", "phone",
    "mobile", "tel", "email", "birthdate", "dateofbirth", "geboortedatum", "bsn", "patient",
    "clientname", "patientname", "user", "username",
})  # fmt: skip


def personal(field: str) -> bool:
    """Whether a field's name says that it holds who somebody is: first_name, firstName, naam."""
    return field.replace("_", "").replace("-", "").casefold() in _PERSONAL
