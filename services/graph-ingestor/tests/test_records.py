"""Events as records."""

from datetime import UTC, datetime

from ingestor_makes import DAY, devices_of, graph_device, known_of
from matchbook_contracts.discovery import DeviceDiscovered, DeviceFacts
from matchbook_contracts.sync import SyncCounts, SyncProgressed
from matchbook_graph_ingestor.adapters import records
from matchbook_graph_ingestor.domain.devices import compare
from matchbook_servicekit.messaging import Outgoing, outgoing

TENANT = "6f0c2b1e-52a4-4c7d-9a53-0e6f4d0c7a11"
AT = datetime(2026, 3, 9, tzinfo=UTC)


def made(*numbers: int) -> list[Outgoing]:
    found = devices_of(*(graph_device(number, deviceName=f'Jö "{number}" \\ \u2028') for number in numbers))
    return records.device_records(TENANT, compare(found, {}, DAY).changes)


def test_a_device_record_is_what_the_contract_would_write() -> None:
    (change,) = compare(devices_of(graph_device(deviceName='Jö "x" \\ \u2028')), {}, DAY).changes
    (record,) = records.device_records(TENANT, [change])
    event = DeviceDiscovered(
        tenant_id=TENANT,
        device_id=change.device_id,
        revision=1,
        facts=DeviceFacts.model_validate_json(change.facts),
    )
    assert record == outgoing(event, source="graph-ingestor", event_id=record.event_id)


def test_the_same_answers_make_the_same_records() -> None:
    assert made(1, 2) == made(1, 2)
    assert len({record.event_id for record in made(1, 2)}) == 2


def test_another_revision_or_another_sync_is_another_record() -> None:
    first = compare(devices_of(graph_device()), {}, DAY).changes
    later = compare(devices_of(graph_device(lastSyncDateTime="2026-03-09T09:00:00Z")), {}, DAY).changes
    again = compare(devices_of(graph_device()), known_of(first, retired=True), DAY).changes
    ids = {records.device_records(TENANT, changes)[0].event_id for changes in (first, later, again)}
    assert len(ids) == 3


def test_each_step_of_a_sweep_has_its_own_id() -> None:
    def progress(pages: int) -> Outgoing:
        counts = SyncCounts(pages=pages)
        return records.run_record(SyncProgressed(run_id="r", tenant_id=TENANT, scope="devices", at=AT, counts=counts))

    assert progress(1).event_id == progress(1).event_id != progress(2).event_id
