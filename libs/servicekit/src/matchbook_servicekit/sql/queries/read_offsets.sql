SELECT topic, partition, next_offset, dead_run
FROM consumer_offsets JOIN unnest($2::text[], $3::integer[]) AS wanted (topic, partition) USING (topic, partition)
WHERE consumer_group = $1
