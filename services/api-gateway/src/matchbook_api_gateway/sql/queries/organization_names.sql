-- What an imports file may name: every organization that is not archived.
SELECT organization_id, sort_name FROM organizations WHERE NOT archived
