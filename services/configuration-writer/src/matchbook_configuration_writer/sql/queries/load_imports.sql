SELECT import_id, version FROM imports WHERE import_id = ANY($1::text[])
