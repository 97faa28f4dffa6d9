SELECT tenant_id, revision, evaluation, live, content FROM tenant_suggestions
