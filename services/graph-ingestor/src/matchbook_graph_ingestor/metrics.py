"""The service's own metrics; times are seconds."""

from prometheus_client import Counter, Gauge, Histogram

pages = Counter("matchbook_graph_pages_total", "Pages of devices read from Microsoft Graph")
devices = Counter("matchbook_graph_devices_total", "Devices by what a sweep made of them", ("outcome",))
throttled = Counter("matchbook_graph_throttled_total", "Answers of Microsoft Graph with status 429")
details = Counter("matchbook_graph_detail_reads_total", "Devices read by their id", ("outcome",))
sweeps = Counter("matchbook_graph_sweeps_total", "Sweeps by how they ended", ("scope", "outcome"))
sweeping = Gauge("matchbook_graph_sweeps_running", "Sweeps under way")
sweep_seconds = Histogram(
    "matchbook_graph_sweep_seconds",
    "How long sweeps take",
    ("scope",),
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600),
)
freshness = Gauge("matchbook_graph_freshness_seconds", "Age of a tenant's latest complete sweep", ("tenant_id",))
stuck = Gauge("matchbook_graph_stuck_sweeps", "Sweeps that have come no further for too long")
