-- How far each list of another documentation system was read. Only a hint: without it the list is read whole again.
CREATE TABLE connector_cursors (
    source text NOT NULL,
    resource text NOT NULL,
    newest timestamptz,
    newest_at timestamptz,
    read_at timestamptz,
    whole_at timestamptz,
    PRIMARY KEY (source, resource)
);

-- What each field of each record of such a system said when it was last taken, as short digests: what says the same again
-- is not imported over what a person has corrected since. A function of the commands on the decisions topic. `version`
-- counts how often the record was taken or refused; `refused` is the digest of what was refused last.
CREATE TABLE connector_rows (
    source text NOT NULL,
    resource text NOT NULL,
    id text NOT NULL,
    version bigint NOT NULL CHECK (version >= 1),
    fields jsonb NOT NULL,
    refused text,
    -- By id first: a source has few resources, and a planner without statistics would read one whole for every page.
    PRIMARY KEY (id, resource, source)
);
