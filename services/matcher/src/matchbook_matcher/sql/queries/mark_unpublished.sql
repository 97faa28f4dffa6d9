-- Marks what was evaluated a while ago and never confirmed as published: its process ended in between.
WITH tenants_left AS (
    INSERT INTO marks (kind, subject)
    SELECT 'tenant', tenant_id
    FROM tenant_work
    WHERE published < evaluation AND evaluated_at < clock_timestamp() - make_interval(secs => $1)
)
INSERT INTO marks (kind, subject)
SELECT 'directory', ''
FROM directory_work
WHERE published < evaluation AND evaluated_at < clock_timestamp() - make_interval(secs => $1)
