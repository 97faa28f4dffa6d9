"""The AsyncAPI 3.0 document of all topics, for consumers in any language."""

from typing import Any, TypeAlias

from matchbook_contracts.registry import Topic, contracts, topics
from matchbook_contracts.schemas import closed_schema

Document: TypeAlias = dict[str, Any]

_HEADERS: Document = {
    "type": "object",
    "description": "CloudEvents 1.0 attributes in Kafka's binary mode, as UTF-8 text.",
    "required": ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "content-type"],
    "properties": {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {"type": "string", "description": "Stable across retries: the same id is the same event."},
        "ce_source": {"type": "string", "description": "The service that published it."},
        "ce_type": {"type": "string"},
        "ce_subject": {"type": "string", "description": "The aggregate's id, which is the record's key."},
        "ce_time": {"type": "string", "format": "date-time"},
        "content-type": {"const": "application/json"},
        "traceparent": {"type": "string", "description": "W3C trace context."},
    },
}


def document() -> Document:
    """Channels, messages and each service's operations, as the topic files and the models have them."""
    found = topics()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Matchbook",
            "version": "1",
            "license": {"name": "Apache-2.0"},
            "description": "Tenants and devices discovered, matches suggested and decided, each step published.",
        },
        "defaultContentType": "application/json",
        "channels": {name: _channel(topic) for name, topic in found.items()},
        "operations": dict(_operation(*each) for topic in found.values() for each in _uses(topic)),
        "components": {
            "messages": {model.__name__: _message(model.__name__) for model in contracts().values()},
            "schemas": {"CloudEventHeaders": _HEADERS},
        },
    }


def _channel(topic: Topic) -> Document:
    retention = "for ever" if topic.retention_ms < 0 else f"{topic.retention_ms} ms"
    return {
        "address": topic.name,
        "description": f"{topic.description} Key: {topic.key}. Partitions by: {topic.partition_by}. Kept {retention}.",
        "messages": {event: {"$ref": f"#/components/messages/{event}"} for event in topic.events},
        "bindings": {
            "kafka": {
                "partitions": topic.partitions,
                "topicConfiguration": {"cleanup.policy": [topic.cleanup], "retention.ms": topic.retention_ms},
                "bindingVersion": "0.5.0",
            }
        },
        "x-owner": topic.owner,
        "x-dead-letters": topic.dead_letters,
    }


def _uses(topic: Topic) -> list[tuple[str, str, Topic]]:
    return [
        *((service, "send", topic) for service in topic.producers),
        *((service, "receive", topic) for service in topic.consumers),
    ]


def _operation(service: str, action: str, topic: Topic) -> tuple[str, Document]:
    name = f"{service.replace(' ', '-')}.{action}.{topic.name.removeprefix('matchbook.')}"
    return name, {"action": action, "channel": {"$ref": f"#/channels/{topic.name}"}, "title": f"{service} {action}s"}


def _message(event: str) -> Document:
    model = contracts()[f"matchbook.{event}.v1"]
    schema = closed_schema(model)
    inlined = _inlined(schema, f"#/components/messages/{event}/payload/schema")
    return {
        "name": model.ce_type(),
        "title": event,
        "summary": (model.__doc__ or "").strip().partition("\n")[0],
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/CloudEventHeaders"},
        "payload": {"schemaFormat": "application/schema+json;version=draft-07", "schema": inlined},
    }


def _inlined(schema: Document, root: str) -> Document:
    """The schema with its local references made absolute within the document, under the keyword of that draft."""

    def moved(part: Any) -> Any:
        if isinstance(part, dict):
            return {
                "definitions" if key == "$defs" else key: value.replace("#/$defs", f"{root}/definitions")
                if key == "$ref"
                else moved(value)
                for key, value in part.items()
                if key not in {"$schema", "$id"}
            }
        return [moved(item) for item in part] if isinstance(part, list) else part

    result: Document = moved(schema)
    return result
