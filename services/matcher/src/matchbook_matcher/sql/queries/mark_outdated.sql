-- Marks what was evaluated by other knowledge than this, so many seconds ago, and does not wait for it already.
WITH outdated AS (
    INSERT INTO marks (kind, subject)
    SELECT 'organization', work.organization_id
    FROM organization_work AS work
    WHERE
        work.evaluation > 0 AND work.knowledge <> $1
        AND work.applied_at <= clock_timestamp() - make_interval(secs => $2)
        AND NOT EXISTS (
            SELECT FROM marks WHERE marks.kind = 'organization' AND marks.subject = work.organization_id
        )
)
INSERT INTO marks (kind, subject)
SELECT 'directory', ''
FROM directory_work AS work
WHERE
    work.turn > 0 AND work.knowledge <> $1
    AND work.applied_at <= clock_timestamp() - make_interval(secs => $2)
    AND NOT EXISTS (SELECT FROM marks WHERE marks.kind = 'directory' AND marks.subject = '')
