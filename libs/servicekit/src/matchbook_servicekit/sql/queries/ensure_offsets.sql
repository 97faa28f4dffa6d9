INSERT INTO consumer_offsets (consumer_group, topic, partition)
SELECT $1, topic, partition FROM unnest($2::text[], $3::integer[]) AS wanted (topic, partition)
ON CONFLICT DO NOTHING
