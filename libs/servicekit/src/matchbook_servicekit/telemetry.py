"""Logs without personal data, Prometheus metrics, and traces that travel in the records' headers."""

import logging
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from typing import Any, Final, Literal, Protocol

import structlog
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanContext, TraceFlags
from prometheus_client import Counter, Gauge, Histogram

LogFormat = Literal["json", "console"]
REDACTED = "[redacted]"

# Matched against the whole key after lower-casing and dropping everything but letters and digits.
# fmt: off
_PERSONAL_KEYS: Final = frozenset({
    "authorization", "body", "cookie", "devicename", "displayname", "dsn", "email", "emailaddress",
    "ethernetmacaddress", "hostname", "imei", "login", "mac", "macaddress", "macaddresses", "macs",
    "mail", "manageddevicename", "meid", "name", "password", "payload", "person", "phone",
    "phonenumber", "preferredusername", "secret", "serial", "serialnumber", "serialnumbers", "serials",
    "sessionsecret", "token", "upn", "user", "userdisplayname", "username", "userprincipalname",
    "value", "values", "wifimacaddress",
})
# fmt: on
_ADDRESS = re.compile(r"[A-Za-z0-9._%+#'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
# Their messages are written by libraries about connections and statements, not about the data in them.
_SPEAKING = ("aiokafka.", "asyncpg.", "matchbook_", "click.", "aiohttp.", "ssl", "socket", "faststream.")
_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_EVENT_LIMIT = 2_000
_FRAMES = 30
_THROTTLE_SECONDS = 10


class LogSettings(Protocol):
    """What logging and tracing need to know of a service's settings."""

    @property
    def log_format(self) -> LogFormat: ...
    @property
    def otlp_endpoint(self) -> str | None: ...
    @property
    def service_name(self) -> str: ...
    @property
    def instance_id(self) -> str | None: ...


def configure_logging(settings: LogSettings) -> None:
    """One line an event on standard error, from structlog and the standard library alike, personal data removed."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_service(settings),
        _add_trace,
        _render_failure,
        redact,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    renderer: structlog.typing.Processor = structlog.processors.JSONRenderer(default=str)
    if settings.log_format == "console":
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_Throttle("aiokafka"))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    for noisy in ("aiokafka", "faststream", "uvicorn.access", "httpx", "msal", "azure"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


class _Throttle(logging.Filter):
    """Of what one library says, each sentence at most once in ten seconds.

    In an outage aiokafka writes sixty lines a second.
    """

    def __init__(self, library: str) -> None:
        super().__init__()
        self._library = library
        self._next: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith(self._library):
            return True
        sentence = f"{record.name} {record.msg}"
        if record.created < self._next.get(sentence, 0):
            return False
        self._next[sentence] = record.created + _THROTTLE_SECONDS
        return True


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger whose events are short constant sentences; what varies goes into keyword arguments."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace what stands under a personal key at any depth, and e-mail-like addresses in any text."""
    for key, value in event.items():
        event[key] = REDACTED if _is_personal(key) else _cleaned(value)
    return event


def _is_personal(key: Any) -> bool:
    return re.sub(r"[^a-z0-9]", "", str(key).lower()) in _PERSONAL_KEYS


def _cleaned(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Mapping):
        return {key: REDACTED if _is_personal(key) else _cleaned(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_cleaned(item) for item in value]
    if isinstance(value, (bytes, bytearray, memoryview)):
        return REDACTED
    return _ADDRESS.sub(REDACTED, str(value)[:_EVENT_LIMIT])


def _add_service(settings: LogSettings) -> structlog.typing.Processor:
    fixed = {"service": settings.service_name}
    if settings.instance_id:
        fixed["instance"] = settings.instance_id

    def add(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event.update(fixed)
        return event

    return add


def _add_trace(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = format(context.trace_id, "032x")
    return event


def _render_failure(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    failure = event.pop("exc_info", None)
    if failure is True:
        failure = sys.exc_info()
    if isinstance(failure, tuple):
        failure = failure[1]
    if isinstance(failure, BaseException):
        event["failure"] = describe(failure)
        event["frames"] = _frames(failure)
    return event


def describe(failure: BaseException) -> str:
    """A failure in one line for a log: its type, and its message only where that cannot quote a record.

    An exception's message may carry the very value that broke something (pydantic, ValueError, a constraint's detail),
    so only the messages of libraries that speak of connections are kept, and of PostgreSQL only the first line.
    """
    kind = f"{type(failure).__module__}.{type(failure).__qualname__}".removeprefix("builtins.")
    if not (isinstance(failure, OSError) or kind.startswith(_SPEAKING)):
        return kind
    message = str(failure.args[0]) if kind.startswith("asyncpg.") and failure.args else str(failure)
    if kind.startswith("asyncpg.") and getattr(failure, "sqlstate", "")[:2] in {"22", "23"}:
        message = f"sqlstate {getattr(failure, 'sqlstate', '')}"
    return f"{kind}: {message.splitlines()[0]}" if message else kind


def _frames(failure: BaseException) -> list[str]:
    found = traceback.extract_tb(failure.__traceback__)[-_FRAMES:]
    return [f"{frame.filename.rsplit('site-packages/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in found]


def configure_tracing(settings: LogSettings) -> None:
    """Make spans, and send them to MATCHBOOK_OTLP_ENDPOINT (OTLP over HTTP) where one is set."""
    names = {"service.name": settings.service_name, "service.instance.id": settings.instance_id or ""}
    provider = TracerProvider(resource=Resource.create(names))
    if settings.otlp_endpoint is not None:
        endpoint = settings.otlp_endpoint.rstrip("/").removesuffix("/v1/traces") + "/v1/traces"
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    trace.set_tracer_provider(provider)


def tracer() -> trace.Tracer:
    """The tracer of Matchbook's own spans."""
    return trace.get_tracer("matchbook")


def current_traceparent() -> str | None:
    """The W3C `traceparent` of the running span, None outside of any."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def span_context(traceparent: str) -> SpanContext | None:
    """The span that a `traceparent` header names, None when it is not one."""
    match = _TRACEPARENT.fullmatch(traceparent)
    if match is None:
        return None
    flags = TraceFlags(int(match[3], 16))
    found = SpanContext(int(match[1], 16), int(match[2], 16), is_remote=True, trace_flags=flags)
    return found if found.is_valid else None


class _Metrics:
    """Every metric of the plumbing; times are seconds."""

    def __init__(self) -> None:
        place = ("group", "topic", "partition")
        self.records = Counter(
            "matchbook_consumer_records_total", "Records by what became of them", (*place, "outcome")
        )
        self.batch_seconds = Histogram(
            "matchbook_consumer_batch_seconds",
            "From a batch's arrival to its commit",
            ("group",),
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
        )
        self.lag = Gauge("matchbook_consumer_lag_records", "Records on the broker that are not applied yet", place)
        self.retries = Counter("matchbook_consumer_retries_total", "Batches tried again", ("group", "cause"))
        self.brake = Gauge(
            "matchbook_consumer_brake_engaged", "1 while the dead-letter brake holds a consumer", ("group",)
        )
        self.assigned = Gauge("matchbook_consumer_assigned_partitions", "Partitions of this member", ("group",))
        self.records_published = Counter(
            "matchbook_records_published_total", "Records acknowledged by Kafka", ("topic",)
        )
        self.producer_restarts = Counter("matchbook_producer_restarts_total", "Producers replaced after a failure")
        self.outbox_pending = Gauge("matchbook_outbox_pending_records", "Outbox rows not published yet, at most")
        self.outbox_age = Gauge("matchbook_outbox_oldest_seconds", "Age of the oldest unpublished outbox row")
        self.outbox_published = Counter("matchbook_outbox_published_total", "Outbox rows published")
        self.relay_active = Gauge("matchbook_outbox_relay_active", "1 in the one process that relays the outbox")
        self.loop_lag = Histogram(
            "matchbook_event_loop_lag_seconds",
            "How late the event loop runs what is due",
            buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
        )
        self.deadlines = Counter("matchbook_database_deadlines_total", "Units of work ended by their deadline")


metrics: Final = _Metrics()
