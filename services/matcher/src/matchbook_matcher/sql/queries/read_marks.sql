-- Ages in seconds of the oldest and the newest mark of each subject.
SELECT
    kind,
    subject,
    array_agg(mark) AS marks,
    extract(epoch FROM clock_timestamp() - min(marked_at))::double precision AS waited,
    extract(epoch FROM clock_timestamp() - max(marked_at))::double precision AS quiet,
    coalesce(array_agg(DISTINCT part) FILTER (WHERE part <> ''), '{}') AS parts
FROM marks
GROUP BY kind, subject
