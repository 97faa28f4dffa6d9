UPDATE consumer_offsets SET next_offset = moved.next_offset, dead_run = moved.dead_run
FROM unnest($2::text[], $3::integer[], $4::bigint[], $5::integer[]) AS moved (topic, partition, next_offset, dead_run)
WHERE consumer_group = $1
    AND consumer_offsets.topic = moved.topic
    AND consumer_offsets.partition = moved.partition
