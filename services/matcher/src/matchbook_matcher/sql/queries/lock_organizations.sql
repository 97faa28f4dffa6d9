-- In one order, and not waiting: another evaluator at work on an organization sees to it.
SELECT organization_id, evaluation, keeper
FROM organization_work
WHERE organization_id = ANY($1::text[])
ORDER BY organization_id
FOR UPDATE SKIP LOCKED
