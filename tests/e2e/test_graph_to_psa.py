"""From a page of Microsoft Graph to the event that a PSA consumer reads, through every service."""

import json
import re
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from matchbook_configuration_writer.verifying import verify
from matchbook_contracts.match_events import ConfigurationUpdated, DeviceMatched
from matchbook_contracts.registry import contracts
from matchbook_servicekit.database import Database, DatabaseSettings, load_queries

from tests.support.stack import Running

PUBLIC_LOG = "matchbook.match-events"
TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


def trace_of(record: Any) -> str:
    """The trace that a record belongs to."""
    found = TRACEPARENT.fullmatch(dict(record.headers)["traceparent"].decode())
    assert found is not None
    return found[1]


def devices(stack: Running, query: str) -> list[dict[str, Any]]:
    """The devices of all matched tenants that a filter selects."""
    tenants = stack.gateway.get("/api/tenants?status=matched&limit=200")["items"]
    found: list[dict[str, Any]] = []
    for tenant in tenants:
        found += stack.gateway.get(f"/api/tenants/{tenant['tenant_id']}/devices?limit=500&{query}")["items"]
    return found


def accept(device: dict[str, Any]) -> dict[str, Any]:
    return {
        "command": "AcceptMatch",
        "tenant_id": device["tenant_id"],
        "device_id": device["device_id"],
        "suggestion_id": device["suggestion"]["suggestion_id"],
    }


async def records_of(topic: str, bootstrap: str) -> list[Any]:
    """Every record of a topic, as any consumer finds them."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, number) for number in await partitions_of(consumer, topic)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        records: list[Any] = []
        for partition, end in ends.items():
            while await consumer.position(partition) < end:
                records += (await consumer.getone(partition),)
        return records
    finally:
        await consumer.stop()


async def partitions_of(consumer: AIOKafkaConsumer, topic: str) -> set[int]:
    await consumer._client.force_metadata_update()
    consumer._client.add_topic(topic)
    await consumer._client.force_metadata_update()
    return consumer.partitions_for_topic(topic) or set()


async def test_a_device_in_graph_becomes_a_match_event_for_the_psa(stack: Running) -> None:
    device = next(row for row in devices(stack, "status=unmatched&suggestion=suggested") if row["serial_number"])
    answer = stack.gateway.post("/api/decisions", {"decisions": [accept(device)]})
    (decision_id,) = answer["decision_ids"]
    assert stack.decided(decision_id)["status"] == "applied"

    records = await records_of(PUBLIC_LOG, stack.stack.kafka.bootstrap)
    events = [contracts()[dict(record.headers)["ce_type"].decode()].from_body(record.value) for record in records]
    (matched,) = [
        event for event in events if isinstance(event, DeviceMatched) and event.cause.decision_id == decision_id
    ]
    (command,) = [
        record
        for record in await records_of("matchbook.decisions", stack.stack.kafka.bootstrap)
        if dict(record.headers)["ce_id"].decode() == decision_id
    ]
    (event,) = [record for record in records if json.loads(record.value) == json.loads(matched.body())]
    assert trace_of(event) == trace_of(command)
    assert matched.device_id == device["device_id"]
    assert matched.configuration_id == device["suggestion"]["target_id"]
    assert matched.cause.actor is not None
    assert matched.cause.actor.role == "Administrator"
    assert matched.configuration is not None
    assert matched.configuration.configuration_id == matched.configuration_id
    assert matched.version == device["version"] + 1
    assert all(event.changes for event in events if isinstance(event, ConfigurationUpdated))

    row = stack.gateway.get(f"/api/tenants/{device['tenant_id']}/devices/{device['device_id']}")
    assert row["status"] == "matched"
    assert row["configuration"]["id"] == matched.configuration_id


async def test_every_record_of_the_public_log_is_a_cloud_event(stack: Running) -> None:
    seen: set[str] = set()
    for record in await records_of(PUBLIC_LOG, stack.stack.kafka.bootstrap):
        headers = dict(record.headers)
        assert headers["ce_specversion"] == b"1.0"
        assert headers["ce_source"]
        assert headers["content-type"] == b"application/json"
        assert headers["ce_subject"] == record.key
        assert trace_of(record)
        identity = headers["ce_id"].decode()
        assert identity not in seen
        seen.add(identity)
        json.loads(record.value)


def test_a_decision_that_the_state_forbids_is_rejected_with_a_sentence(stack: Running) -> None:
    suggested = devices(stack, "status=unmatched&suggestion=suggested")
    device = suggested[0]
    elsewhere = next(row for row in suggested if row["tenant_id"] != device["tenant_id"])
    place = {"tenant_id": device["tenant_id"], "device_id": device["device_id"]}
    cases = {
        "unknown_device": {**place, "command": "IgnoreDevice", "device_id": "no-such-device"},
        "unknown_configuration": {**place, "command": "MatchTo", "configuration_id": "no-such-configuration"},
        "other_organization": {**place, "command": "MatchTo", "configuration_id": elsewhere["suggestion"]["target_id"]},
    }
    answer = stack.gateway.post("/api/decisions", {"decisions": list(cases.values())})
    for decision_id, reason in zip(answer["decision_ids"], cases, strict=True):
        outcome = stack.decided(decision_id)
        assert (outcome["status"], outcome["reason"]) == ("rejected", reason)
        assert outcome["message"].endswith(".")
    row = stack.gateway.get(f"/api/tenants/{device['tenant_id']}/devices/{device['device_id']}")
    assert row["status"] == "unmatched"
    assert row["rejection"]["message"]


async def test_the_history_of_all_that_is_as_it_was_written(stack: Running) -> None:
    database = Database(DatabaseSettings(stack.stack.postgres.dsn, "configuration_writer"))
    await database.start()
    verdict = await verify(database, load_queries("matchbook_configuration_writer"))
    await database.stop()
    assert verdict.faults == ()
    assert verdict.events > verdict.aggregates > 0
