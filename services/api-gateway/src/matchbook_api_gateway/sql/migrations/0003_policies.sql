-- The auto-accept policies in force: one row, once any were ever set.
CREATE TABLE policies (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    version integer NOT NULL,
    policies jsonb NOT NULL,
    set_by text,
    set_at timestamptz NOT NULL
);
