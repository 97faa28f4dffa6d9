-- How far each consumer group has applied each topic partition. A record below next_offset is a duplicate.
-- dead_run counts the dead letters since the last record that was applied: the brake survives a restart by it.
CREATE TABLE consumer_offsets (
    consumer_group text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL DEFAULT 0,
    dead_run integer NOT NULL DEFAULT 0,
    PRIMARY KEY (consumer_group, topic, partition)
);

-- Records that wait to be published, headers as a JSON array of [name, value]; a row is moved to outbox_published when Kafka has acknowledged it.
CREATE TABLE outbox (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    key text NOT NULL,
    partition_key text NOT NULL,
    event_id text NOT NULL,
    body bytea NOT NULL,
    headers text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 10000);

-- What was published, without bodies, for as long as it may be checked; one partition a day, dropped whole.
CREATE TABLE outbox_published (
    position bigint NOT NULL,
    topic text NOT NULL,
    event_id text NOT NULL,
    kafka_partition integer NOT NULL,
    kafka_offset bigint NOT NULL,
    published_at timestamptz NOT NULL DEFAULT now()
) PARTITION BY RANGE (published_at);
