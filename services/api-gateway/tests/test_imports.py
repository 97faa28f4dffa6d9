"""Imports: what is wrong with a file is named by row and column, and of such a file nothing is sent."""

import asyncio
import csv
import io
import json
from typing import Any

import httpx
import pytest
from matchbook_contracts.base import Cause
from matchbook_contracts.decisions import ImportConfigurations
from matchbook_contracts.match_events import ImportApplied, ImportRowResult
from matchbook_servicekit.chunks import MOST_ROWS

from tests.support.gateway_world import ANA, AT, GatewayWorld, organization, rejected_event, unique

CONFIGURATIONS = "id,organization_id,name,serial_number,installed_at,interfaces,archived\n"


async def post(world: GatewayWorld, subject: str, content: bytes) -> Any:
    client = await world.sign_in("Administrator")
    return await client.post(f"/api/imports/{subject}", files={"file": ("file.csv", content, "text/csv")})


async def known(world: GatewayWorld, *names: str) -> str:
    """A documented organization."""
    id_ = unique("o")
    await world.publish(organization(id_, names[0] if names else id_))
    await world.applied()
    return id_


async def sent(world: GatewayWorld, import_id: str) -> list[dict[str, Any]]:
    found = [item for item in await world.commands() if item.get("import_id") == import_id]
    return sorted(found, key=lambda item: item["chunk"])


async def test_organizations_are_sent_as_the_file_has_them(world: GatewayWorld) -> None:
    id_ = unique("o")
    text = (
        "\ufeffid,Name,Short Name,organization-type,domains,aliases\r\n"
        f'{id_},"Contoso, Ltd",CON,Customer,Contoso.example; www.contoso.example,Contoso GmbH;;Contoso GmbH\r\n\r\n'
        f"{id_}-2,Fabrikam,,,,\r\n"
    )
    response = await post(world, "organizations", text.encode())
    assert response.status_code == 202, response.text
    answer = response.json()
    assert (answer["rows"], answer["chunks"]) == (2, 1)
    assert answer["ignored_columns"] == ["Short Name", "organization-type"]
    (command,) = await sent(world, answer["import_id"])
    assert command["ce_type"] == "matchbook.ImportOrganizations.v1"
    assert command["rows"] == [
        {
            "row": 2, "id": id_, "name": "Contoso, Ltd", "aliases": ["Contoso GmbH"],
            "domains": ["contoso.example", "www.contoso.example"], "archived": False, "keeps_archived": True,
        },
        {
            "row": 4, "id": f"{id_}-2", "name": "Fabrikam", "aliases": [], "domains": [], "archived": False,
            "keeps_archived": True,
        },
    ]  # fmt: skip


async def test_configurations_are_sent_with_their_interfaces(world: GatewayWorld) -> None:
    o = await known(world)
    text = (
        CONFIGURATIONS
        + f"{o}-1,{o},LT-1, pf3x9 ,2024-02-29,Ethernet|10.0.4.21|00-14-22-AB-01-9C|Yes;Wi-Fi||A4C3F0112233|No,No\n"
        f'{o}-2,{o},"LT\n2",,,,Yes\n{o}-3,{o},LT-3,,,,\n'
    )
    response = await post(world, "configurations", text.encode())
    assert response.status_code == 202, response.text
    (command,) = await sent(world, response.json()["import_id"])
    first, second, third = command["rows"]
    assert first["values"] == {"name": "LT-1", "serial_number": "pf3x9", "installed_at": "2024-02-29"}
    assert first["interfaces"] == [
        {"name": "Ethernet", "ip_address": "10.0.4.21", "mac_address": "00-14-22-AB-01-9C", "primary": True},
        {"name": "Wi-Fi", "mac_address": "A4C3F0112233", "primary": False},
    ]
    assert (second["row"], second["archived"], third["row"]) == (3, True, 5)
    assert [row.get("keeps_archived") for row in command["rows"]] == [None, None, True]


async def test_an_organization_may_be_named_instead_of_numbered(world: GatewayWorld) -> None:
    name = unique("Contoso Dental")
    o = await known(world, name)
    text = f"id,organization,name\n{o}-1,{name.upper()},LT-1\n"
    response = await post(world, "configurations", text.encode())
    assert response.status_code == 202, response.text
    (command,) = await sent(world, response.json()["import_id"])
    assert command["rows"][0]["organization_id"] == o
    twin = unique("o")
    await world.publish(organization(twin, name))
    await world.applied()
    refused = await post(world, "configurations", text.encode())
    assert refused.json()["errors"] == [
        {
            "row": 2,
            "column": "organization",
            "message": f"2 organizations are called {name.upper()}; give organization_id.",
        }
    ]


BAD = {
    "missing column": (b"id,organization_id\n1,{o}\n", 1, "name", "is missing"),
    "no organization column": (
        b"id,name\n1,LT-1\n",
        1,
        "organization_id",
        "organization_id or organization is missing",
    ),
    "column twice": (b"id,organization_id,name,Name\n1,{o},a,b\n", 1, "name", "as “name” and as “Name”"),
    "empty file": (b"", 1, None, "empty"),
    "no rows": (b"id,organization_id,name\n", None, None, "no rows"),
    "bad date": (CONFIGURATIONS.encode() + b"1,{o},LT-1,,09/03/2024,,\n", 2, "installed_at", "yyyy-mm-dd"),
    "impossible date": (CONFIGURATIONS.encode() + b"1,{o},LT-1,,2023-02-29,,\n", 2, "installed_at", "yyyy-mm-dd"),
    "repeated id": (CONFIGURATIONS.encode() + b"1,{o},a,,,,\n2,{o},b,,,,\n1,{o},c,,,,\n", 4, "id", "row 2"),
    "repeated row": (CONFIGURATIONS.encode() + b"1,{o},a,,,,\n1,{o},a,,,,\n", 3, "id", "row 2"),
    "latin-1": (CONFIGURATIONS.encode() + "1,{o},Empfängnis,,,,\n".encode("latin-1"), 2, "name", "UTF-8"),
    "utf-16": ((CONFIGURATIONS + "1,{o},LT-1,,,,\n").encode("utf-16"), 1, None, "UTF-16"),
    "unknown organization": (CONFIGURATIONS.encode() + b"1,nobody,LT-1,,,,\n", 2, "organization_id", "not documented"),
    "no organization": (CONFIGURATIONS.encode() + b"1,,LT-1,,,,\n", 2, "organization_id", "no organization"),
    "blank id": (CONFIGURATIONS.encode() + b" ,{o},LT-1,,,,\n", 2, "id", "blank"),
    "blank name": (CONFIGURATIONS.encode() + b"1,{o},,,,,\n", 2, "name", "blank"),
    "long value": (
        CONFIGURATIONS.encode() + b"1,{o},LT-1," + b"9" * 1001 + b",,,\n",
        2,
        "serial_number",
        "1001 characters",
    ),
    "too many cells": (CONFIGURATIONS.encode() + b"1,{o},LT-1,,,,,,\n", 2, None, "9 cells"),
    "too few cells": (CONFIGURATIONS.encode() + b"1,{o}\n", 2, None, "2 cells"),
    "bad interface": (CONFIGURATIONS.encode() + b"1,{o},LT-1,,,a|b|c|d|e,\n", 2, "interfaces", "name|ip|mac"),
    "neither yes nor no": (CONFIGURATIONS.encode() + b"1,{o},LT-1,,,,perhaps\n", 2, "archived", "neither"),
    "NUL": (CONFIGURATIONS.encode() + b"1,{o},LT\x001,,,,\n", 2, "name", "control character"),
    "open quote": (CONFIGURATIONS.encode() + b'1,{o},"LT-1,,,,\n2,{o},b,,,,\n', 2, None, "can't be read"),
    "stray quote": (CONFIGURATIONS.encode() + b'1,{o},"LT-1"x,,,,\n', 2, None, "can't be read"),
    "fault behind good rows": (
        CONFIGURATIONS.encode() + b"".join(b"%d,{o},LT,,,,\n" % number for number in range(1200)) + b"x,{o},,,,,\n",
        1202,
        "name",
        "blank",
    ),
}


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_file_is_named_and_nothing_of_it_is_sent(world: GatewayWorld, name: str) -> None:
    content, row, column, message = BAD[name]
    o = await known(world)
    encoding = "utf-16" if name == "utf-16" else "latin-1"
    content = content.decode(encoding).replace("{o}", o).encode(encoding)
    before = len(await world.commands())
    response = await post(world, "configurations", content)
    assert response.status_code == 422, response.text
    problem = response.json()
    fault = problem["errors"][0]
    assert (fault.get("row"), fault.get("column")) == (row, column), problem
    assert message in fault["message"]
    assert response.headers["content-type"] == "application/problem+json"
    assert len(await world.commands()) == before


async def test_at_most_a_hundred_faults_are_listed(world: GatewayWorld) -> None:
    o = await known(world)
    text = CONFIGURATIONS + "".join(f"{number},{o},LT,,never,,maybe\n" for number in range(500))
    errors = (await post(world, "configurations", text.encode())).json()["errors"]
    assert len(errors) == 100
    assert {(errors[0]["row"], errors[0]["column"]), (errors[1]["row"], errors[1]["column"])} == {
        (2, "installed_at"),
        (2, "archived"),
    }


async def test_long_files_travel_in_chunks_that_fit_a_record(world: GatewayWorld) -> None:
    o = await known(world)
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow(["id", "organization_id", "name", "notes"])
    for number in range(1100):
        # The middle of the file is heavy, and of what JSON has to escape.
        notes = '"\n' * 4000 if 550 <= number < 700 else ""
        writer.writerow([f"{o}-{number}", o, f"LT-{number}", notes])
    response = await post(world, "configurations", lines.getvalue().encode())
    assert response.status_code == 202, response.text
    answer = response.json()
    commands = await sent(world, answer["import_id"])
    assert [item["chunk"] for item in commands] == list(range(1, answer["chunks"] + 1))
    assert {item["chunks"] for item in commands} == {answer["chunks"]}
    assert [row["id"] for item in commands for row in item["rows"]] == [f"{o}-{number}" for number in range(1100)]
    assert max(len(item["rows"]) for item in commands) == MOST_ROWS
    bodies = [ImportConfigurations.from_body(_body(item)).body() for item in commands]
    assert max(map(len, bodies)) < 1024 * 1024


def _body(item: dict[str, Any]) -> bytes:
    return json.dumps({name: value for name, value in item.items() if name not in ("ce_type", "ce_id", "key")}).encode()


async def test_what_became_of_an_import_is_shown(world: GatewayWorld) -> None:
    o = await known(world)
    text = CONFIGURATIONS + "".join(f"{o}-{number},{o},LT,,,,\n" for number in range(501))
    answer = (await post(world, "configurations", text.encode())).json()
    import_id = answer["import_id"]
    client = await world.sign_in("Administrator")
    progress = (await client.get(f"/api/imports/{import_id}")).json()
    assert (progress["rows"], progress["chunks"], progress["applied_chunks"]) == (501, 2, 0)
    first, second = await sent(world, import_id)
    results = (
        ImportRowResult(row=2, id="w", result="created"),
        ImportRowResult(row=17, id="x", result="rejected", reason="unknown_organization", message="Why."),
    )
    applied = ImportApplied(
        version=1, occurred_at=AT, cause=Cause(kind="import", actor=ANA, decision_id=first["decision_id"]),
        import_id=import_id, decision_id=first["decision_id"], subject="configurations", chunk=1, chunks=2,
        created=498, updated=1, rejected=1, results=results,
    )  # fmt: skip
    await world.publish(applied, rejected_event(second["decision_id"], None, None, "You may not."))
    await world.applied()
    progress = (await client.get(f"/api/imports/{import_id}")).json()
    assert (progress["applied_chunks"], progress["created"], progress["updated"], progress["rejected"]) == (
        1,
        498,
        1,
        1,
    )
    assert progress["results"][0]["message"] == "Why."
    assert [item["message"] for item in progress["refused"]] == ["You may not."]


async def announce(world: GatewayWorld, client: httpx.AsyncClient, address: str, size: int) -> bytes:
    """The first line of the answer to a request that announces so many bytes, before it sent one."""
    url = httpx.URL(world.url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    cookie = f"matchbook={client.cookies['matchbook']}"
    head = f"POST {address} HTTP/1.1\r\nHost: x\r\nX-Matchbook: 1\r\nCookie: {cookie}\r\nContent-Length: {size}\r\n\r\n"
    writer.write(head.encode())
    line = await asyncio.wait_for(reader.readline(), 60)
    writer.close()
    return line


async def test_a_file_has_to_be_a_file_of_a_permitted_size(world: GatewayWorld) -> None:
    client = await world.sign_in("Administrator")
    address = "/api/imports/organizations"
    assert (await client.post(address, json={})).status_code == 422
    assert (await client.post(address, files={"other": ("a.csv", b"id,name\n")})).status_code == 422
    assert (await client.post(address, data={"file": "id,name"}, files={"x": ("a", b"")})).status_code == 422
    assert b" 413 " in await announce(world, client, address, 200 * 1024 * 1024)

    async def endless() -> Any:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nid,name\n'
        for _ in range(102):
            yield b"x" * 1024 * 1024

    head = {"Content-Type": "multipart/form-data; boundary=b"}
    assert (await client.post(address, content=endless(), headers=head)).status_code == 413


async def test_a_file_that_does_not_stay_in_memory_is_read_twice(world: GatewayWorld) -> None:
    rows = "".join(f"{unique('o')},{'N' * 200}\n" for _ in range(8000))
    content = f"id,name\n{rows}".encode()
    assert len(content) > 1024 * 1024
    response = await post(world, "organizations", content)
    answer = response.json()
    assert answer["chunks"] == 16
    found = [row["id"] for item in await sent(world, answer["import_id"]) for row in item["rows"]]
    assert found == [line.split(",")[0] for line in rows.splitlines()]


async def test_json_lines_are_taken_like_csv(world: GatewayWorld) -> None:
    o = await known(world)
    lines = [
        {"id": f"{o}-1", "organization_id": o, "name": "LT-1", "Serial-Number": " pf3x9 ", "notes": "=1", "x": 1},
        {"id": f"{o}-2", "organization_id": o, "name": "LT-2", "archived": True, "notes": None,
         "interfaces": [{"name": "LAN", "mac_address": "A4C3F0112233", "primary": True}, {"ip_address": "10.0.0.7"}]},
    ]  # fmt: skip
    text = "\ufeff\n" + "\n\n".join(map(json.dumps, lines))
    response = await post(world, "configurations", text.encode())
    assert response.status_code == 202, response.text
    assert response.json()["ignored_columns"] == ["x"]
    (command,) = await sent(world, response.json()["import_id"])
    first, second = command["rows"]
    assert (first["row"], second["row"]) == (2, 4)
    assert first["values"] == {"name": "LT-1", "serial_number": "pf3x9", "notes": "=1"}
    assert second["archived"]
    answer = await post(world, "organizations", f'{{"id": "{o}", "name": "Contoso", "\\ud800": 1}}'.encode())
    assert (answer.status_code, answer.json()["ignored_columns"]) == (202, ["?"])
    assert second["interfaces"] == [
        {"name": "LAN", "mac_address": "A4C3F0112233", "primary": True},
        {"ip_address": "10.0.0.7", "primary": False},
    ]


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ('{"id": "b"', None),
        ("[1]", None),
        ("[" * 100_000, None),
        ('{"id": "b", "organization_id": "ORG", "name": 5}', "name"),
        ('{"id": "b", "organization_id": "ORG"}', "name"),
        ('{"id": "b", "organization_id": "nowhere", "name": "x"}', "organization_id"),
        ('{"id": "b", "organization_id": "ORG", "name": "x", "installed_at": "29.02.2024"}', "installed_at"),
        ('{"id": "b", "organization_id": "ORG", "name": "a\\u0000"}', "name"),
        ('{"id": "b", "organization_id": "ORG", "name": "a\\ud800"}', "name"),
        ('{"id": "b", "organization_id": "ORG", "name": "x", "interfaces": [{"name": 7}]}', "interfaces"),
        ('{"id": "b", "organization_id": "ORG", "name": "x", "interfaces": [5]}', "interfaces"),
        ('{"id": "b", "organization_id": "ORG", "name": "x", "name": "x"}', "name"),
        (
            '{"id": "b", "organization_id": "ORG", "name": "x", "interfaces": [{"name": "a", "name": "b"}]}',
            "interfaces",
        ),
        ('{"id": "a", "organization_id": "ORG", "name": "x"}', "id"),
    ],
)
async def test_a_json_line_at_fault_is_named_and_nothing_is_sent(
    world: GatewayWorld, line: str, column: str | None
) -> None:
    o = await known(world)
    good = json.dumps({"id": "a", "organization_id": o, "name": "LT-1"})
    before = len(await world.commands())
    response = await post(world, "configurations", f"{good}\n{line.replace('ORG', o)}\n".encode())
    assert response.status_code == 422, response.text
    (fault,) = response.json()["errors"]
    assert (fault["row"], fault.get("column")) == (2, column)
    assert len(await world.commands()) == before


async def test_two_members_for_one_column_are_both_named(world: GatewayWorld) -> None:
    line = '{"id": "b", "name": "x", "serial_number": null, "Serial Number": "S2", "x": 1, "x": 2}'
    response = await post(
        world, "configurations", line.replace("}", f', "organization_id": "{await known(world)}"}}').encode()
    )
    assert response.json()["errors"] == [
        {
            "row": 1,
            "column": "serial_number",
            "message": "The row names this column twice, as “serial_number” and as “Serial Number”.",
        }
    ]
