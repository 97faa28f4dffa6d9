SELECT kind, subject, hash
FROM unnest($1::text[], $2::text[], $3::bigint[]) AS wanted (kind, subject, version)
JOIN history USING (kind, subject, version)
