"""What the matcher counts, beside what servicekit does."""

from prometheus_client import Counter, Gauge, Histogram

DEVICES_EVALUATED = Counter("matchbook_matcher_devices_evaluated", "Devices whose suggestion was worked out")
TENANTS_EVALUATED = Counter("matchbook_matcher_tenants_evaluated", "Tenants whose suggestion was worked out")
CHANGES_PUBLISHED = Counter("matchbook_matcher_changes", "Suggestions published or withdrawn", ["subject", "event"])
DEVICES_READ = Counter("matchbook_matcher_devices_read", "Devices read from the database to be evaluated")
CONFIGURATIONS_READ = Counter(
    "matchbook_matcher_configurations_read", "Configurations read from the database to be evaluated"
)
RECORDS_KEPT = Gauge("matchbook_matcher_records_kept", "Devices and configurations of organizations kept in memory")
EVALUATION_SECONDS = Histogram(
    "matchbook_matcher_evaluation_seconds",
    "One evaluation: organizations of a bundle, or the directory of tenants",
    ["kind"],
    buckets=(0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30),
)
MARKS_WAITING = Gauge("matchbook_matcher_marks_waiting", "Subjects that wait to be evaluated")
