"""The connector's own metrics; times are seconds."""

from prometheus_client import Counter, Gauge

requests = Counter("matchbook_connector_requests_total", "Requests sent to another documentation system")
throttled = Counter("matchbook_connector_throttled_total", "Answers of such a system with status 429")
rows = Counter("matchbook_connector_rows_total", "Rows read from such a system", ("resource", "outcome"))
read_at = Gauge("matchbook_connector_last_read_timestamp_seconds", "When a resource was last read", ("resource",))
