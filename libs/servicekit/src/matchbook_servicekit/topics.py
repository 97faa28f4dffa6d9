"""Topics from the registry's files: made by command, never by use, and compared with what the broker has."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import click
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, for_code
from matchbook_contracts import registry

from matchbook_servicekit.messaging import LARGEST_DEAD_RECORD_BYTES, LARGEST_RECORD_BYTES

_DEAD_LETTER_DAYS = 90
_REPLICAS = 3
_KNOWN_SECONDS = 30
_DAY_MS = 24 * 60 * 60 * 1000


class TopicsError(Exception):
    """Topics could not be read or made; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One topic as it should be on the broker."""

    name: str
    partitions: int
    config: Mapping[str, str]


def wanted_topics(prefix: str = "", *, partitions: int | None = None) -> tuple[Wanted, ...]:
    """Every topic of the registry with its dead letters; `partitions` overrides the files' counts."""
    return tuple(
        wanted
        for topic in registry.topics().values()
        for wanted in (
            Wanted(
                prefix + topic.name,
                partitions or topic.partitions,
                _config(topic.cleanup, topic.retention_ms, LARGEST_RECORD_BYTES),
            ),
            Wanted(
                prefix + topic.dead_letters,
                partitions or topic.partitions,
                _config("delete", _DEAD_LETTER_DAYS * _DAY_MS, LARGEST_DEAD_RECORD_BYTES),
            ),
        )
    )


def _config(cleanup: str, retention_ms: int, largest: int) -> Mapping[str, str]:
    config = {"cleanup.policy": cleanup, "retention.ms": str(retention_ms), "max.message.bytes": str(largest)}
    return MappingProxyType(config)


async def apply(bootstrap: str, prefix: str = "", *, partitions: int | None = None) -> Sequence[str]:
    """Create what is missing; returns a sentence for everything that differs and was left as it is.

    Raises TopicsError when the broker is away or refuses.
    """
    return await _reconcile(bootstrap, wanted_topics(prefix, partitions=partitions), create=True)


async def check(bootstrap: str, prefix: str = "", *, partitions: int | None = None) -> Sequence[str]:
    """Like `apply`, but changes nothing: a missing topic is a sentence too."""
    return await _reconcile(bootstrap, wanted_topics(prefix, partitions=partitions), create=False)


async def _reconcile(bootstrap: str, wanted: Sequence[Wanted], *, create: bool) -> Sequence[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, client_id="matchbook-topics")
    try:
        await admin.start()
        present = set(await admin.list_topics())
        missing = [topic for topic in wanted if topic.name not in present]
        if create:
            await _create(admin, missing)
            return await _drift(admin, wanted)
        said = [f"{topic.name} is missing; `matchbook topics apply` creates it" for topic in missing]
        return [*said, *await _drift(admin, [topic for topic in wanted if topic.name in present])]
    except (KafkaError, OSError) as error:
        raise TopicsError(f"Kafka at {bootstrap} could not be asked about its topics: {error!r}") from error
    finally:
        await admin.close()


async def _create(admin: AIOKafkaAdminClient, missing: Sequence[Wanted]) -> None:
    if not missing:
        return
    replicas = min(_REPLICAS, len((await admin.describe_cluster())["brokers"]))
    new = [NewTopic(topic.name, topic.partitions, replicas, topic_configs=dict(topic.config)) for topic in missing]
    response = await admin.create_topics(new, timeout_ms=30_000)
    for name, code, *rest in response.topic_errors:
        error = for_code(code)
        # Another process may have been quicker.
        if code and error.__name__ != "TopicAlreadyExistsError":
            raise TopicsError(f"Kafka did not create {name}: {error.__name__} {rest[0] if rest else ''}")
    await _wait_until_known(admin, {topic.name for topic in missing})


async def _wait_until_known(admin: AIOKafkaAdminClient, names: set[str]) -> None:
    # The controller answers before every broker has heard of the topics.
    async with asyncio.timeout(_KNOWN_SECONDS):
        while names - set(await admin.list_topics()):  # noqa: ASYNC110 - nobody here could set an event
            await asyncio.sleep(0.05)


async def _drift(admin: AIOKafkaAdminClient, topics: Sequence[Wanted]) -> list[str]:
    if not topics:
        return []
    described = await admin.describe_topics([topic.name for topic in topics])
    counts = {item["topic"]: len(item["partitions"]) for item in described}
    configs = await _configs(admin, [topic.name for topic in topics])
    return [sentence for topic in topics for sentence in differences(topic, counts[topic.name], configs[topic.name])]


def differences(topic: Wanted, partitions: int, config: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each way in which the broker's topic is not as its file says."""
    if partitions != topic.partitions:
        yield f"{topic.name} has {partitions} partitions, its file says {topic.partitions}"
    for name, value in topic.config.items():
        if config.get(name) != value:
            yield f"{topic.name} has {name} = {config.get(name)}, its file says {value}"


async def _configs(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, dict[str, str]]:
    answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in names])
    found: dict[str, dict[str, str]] = {}
    for answer in answers:
        for _code, _message, _kind, name, entries in answer.resources:
            found[name] = {entry[0]: entry[1] for entry in entries}
    return found


@click.group()
def main() -> None:
    """Create Matchbook's topics and compare them with their files."""


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--bootstrap", envvar="MATCHBOOK_KAFKA_BOOTSTRAP", required=True, help="host:port of a broker"),
        click.option("--prefix", envvar="MATCHBOOK_TOPIC_PREFIX", default="", help="goes before every topic's name"),
        click.option("--partitions", type=int, default=None, help="instead of the files' counts"),
    ):
        command = option(command)
    return command


@main.command("apply")
@_options
def apply_command(bootstrap: str, prefix: str, partitions: int | None) -> None:
    """Create missing topics and report what differs."""
    _say(asyncio.run(_spoken(apply(bootstrap, prefix, partitions=partitions))))


@main.command("check")
@_options
def check_command(bootstrap: str, prefix: str, partitions: int | None) -> None:
    """Change nothing; end with 1 when anything is missing or differs."""
    sentences = asyncio.run(_spoken(check(bootstrap, prefix, partitions=partitions)))
    _say(sentences)
    if sentences:
        raise SystemExit(1)


async def _spoken(work: Awaitable[Sequence[str]]) -> Sequence[str]:
    try:
        return await work
    except TopicsError as error:
        raise click.ClickException(str(error)) from error


def _say(sentences: Sequence[str]) -> None:
    for sentence in sentences:
        click.echo(sentence)
    if not sentences:
        click.echo("Topics are as their files say.")


if __name__ == "__main__":
    main()
