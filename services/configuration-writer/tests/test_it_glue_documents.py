"""IT Glue's documents as rows, and what is said of those that can't be understood."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from matchbook_configuration_writer.domain.documentation import Unreadable
from matchbook_configuration_writer.domain.it_glue import read_interfaces, read_page
from matchbook_contracts.decisions import ConfigurationRow, OrganizationRow
from matchbook_contracts.states import Interface

META = {"current-page": 1, "next-page": None, "prev-page": None, "total-pages": 3, "total-count": 201}
AT = "2026-03-09T10:05:00.000Z"


def configuration(**attributes: Any) -> dict[str, Any]:
    standard = {"organization-id": 2, "name": "HF-SF-1", "archived": False, "updated-at": AT}
    return {"id": "455", "type": "configurations", "attributes": {**standard, **attributes}}


def interface(id_: int, **attributes: Any) -> dict[str, Any]:
    return {"id": str(id_), "type": "configuration-interfaces", "attributes": attributes}


def named(*ids: int) -> dict[str, Any]:
    data = [{"id": str(id_), "type": "configuration-interfaces"} for id_ in ids]
    return {"relationships": {"configuration-interfaces": {"data": data}}}


def document(*data: Any, **more: Any) -> bytes:
    return json.dumps({"data": data, "meta": META, **more}).encode()


def row_of(item: dict[str, Any], **more: Any) -> ConfigurationRow:
    page, _ = read_page("configurations", 1, document(item, **more))
    assert isinstance(page.records[0].row, ConfigurationRow)
    return page.records[0].row


def test_an_organization_is_its_id_and_name() -> None:
    organization = {"id": 2, "type": "organizations", "attributes": {"name": " Happy Frog ", "short-name": "happy"}}
    page, hidden = read_page("organizations", 2, document(organization))
    assert (page.number, page.pages, page.total, hidden) == (2, 3, 201, ())
    assert page.records[0].row == OrganizationRow(row=1, id="2", name="Happy Frog", keeps_archived=True)
    assert page.records[0].updated_at is None


def test_a_configuration_says_what_is_not_blank() -> None:
    row = row_of(
        configuration(
            **{
                "hostname": "HFSF1",
                "primary-ip": "10.10.2.231",
                "mac-address": "18-5E-0F-ED-99-9A",
                "serial-number": " C03R3LT7THV8 ",
                "asset-tag": "",
                "position": None,
                "notes": "line\nline\x00",
                "warranty-expires-at": "2018-05-05",
                "installed-at": "2010-05-20T00:00:00.000Z",
                "purchased-at": "yesterday",
                "configuration-type-name": "Managed Server",
                "configuration-status-name": "Active",
                "manufacturer-name": "Dell",
                "model-name": "Latitude E7470",
                "operating-system-name": "Windows 10",
                "location-name": "Hall",
                "contact-name": "Jo",
                "archived": True,
                "something-new": {"a": 1},
            }
        )
    )
    assert (row.id, row.organization_id, row.archived, row.interfaces) == ("455", "2", True, ())
    assert row.values == {
        "name": "HF-SF-1",
        "hostname": "HFSF1",
        "primary_ip": "10.10.2.231",
        "mac_address": "18-5E-0F-ED-99-9A",
        "serial_number": "C03R3LT7THV8",
        "notes": "line\nline",
        "warranty_expires_at": "2018-05-05",
        "installed_at": "2010-05-20",
        "configuration_type": "Managed Server",
        "configuration_status": "Active",
        "manufacturer": "Dell",
        "model": "Latitude E7470",
        "operating_system": "Windows 10",
        "location": "Hall",
        "contact": "Jo",
    }


def test_what_is_too_long_for_a_cell_is_cut() -> None:
    row = row_of(configuration(name="n" * 300, notes="x" * 30_000, position="p" * 2_000))
    assert [len(row.values[name]) for name in ("name", "notes", "position")] == [255, 20_000, 1_000]


def test_interfaces_come_in_the_order_of_their_ids() -> None:
    shown = [
        interface(101, **{"name": "WLAN", "mac-address": "D4:6A:91:13:2D:77", "primary": False}),
        interface(78, **{"name": "LAN", "ip-address": "10.10.1.111", "primary": True}),
        interface(9, **{"mac-address": "not this one's"}),
        {"id": "101", "type": "attachments", "attributes": {"name": "a.pdf"}},
    ]
    row = row_of(configuration() | named(101, 78), included=shown)
    assert row.interfaces == (
        Interface(name="LAN", ip_address="10.10.1.111", primary=True),
        Interface(name="WLAN", mac_address="D4:6A:91:13:2D:77"),
    )
    assert row == row_of(configuration() | named(78, 101), included=shown[::-1])


def test_interfaces_that_are_named_and_not_shown_have_to_be_asked_for() -> None:
    one, two, none = configuration() | named(1), configuration() | named(1, 2), configuration()
    _, hidden = read_page("configurations", 1, document(one | {"id": "1"}, two | {"id": "2"}, none | {"id": "3"}))
    assert hidden == ("2",), "a single interface has no address that the configuration has not"
    body = json.dumps({"data": [{"type": "x", "attributes": {"id": 63, "name": "LAN", "primary": True}}]}).encode()
    assert read_interfaces("2", body) == (Interface(name="LAN", primary=True),)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"{", "EOF"),
        (b"[]", "object"),
        (b'{"data": []}', "meta"),
        (b'{"data": [], "meta": {"total-count": 1}}', "total-pages"),
        (document(configuration() | {"id": ""}), "record 1 has no id"),
        (document(configuration() | {"id": "x" * 201}), "id"),
        (document(configuration(**{"organization-id": None})), "configuration 455 has no organization-id"),
        (document(configuration(**{"updated-at": "soon"})), "updated-at is no time"),
        (document(configuration(**{"updated-at": "2026-03-09T10:05:00"})), "no time zone"),
        (document({"id": "455"}), "data.0.attributes"),
    ],
)
def test_what_can_not_be_understood_names_resource_page_and_place(body: bytes, why: str) -> None:
    with pytest.raises(Unreadable) as raised:
        read_page("configurations", 7, body)
    message = str(raised.value)
    assert message.startswith("Page 7 of the configurations can't be understood: ")
    assert why in message
    assert "HF-SF-1" not in message, "values are not for logs"


def test_interfaces_that_can_not_be_understood_name_the_configuration() -> None:
    with pytest.raises(Unreadable, match="interfaces of configuration 455"):
        read_interfaces("455", b"{}")


def test_an_organization_without_a_name_is_named() -> None:
    with pytest.raises(Unreadable, match="organization 2 has no name"):
        read_page("organizations", 1, document({"id": "2", "attributes": {"name": " "}}))


def test_times_are_read_with_their_zone() -> None:
    page, _ = read_page("configurations", 1, document(configuration()))
    assert page.records[0].updated_at == datetime(2026, 3, 9, 10, 5, tzinfo=UTC)
