-- The ledger: which object versions were loaded, when, and what became of every row.

CREATE TABLE loadstone.settings (
    name text PRIMARY KEY,
    value text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE loadstone.settings IS 'What all workers share.';
COMMENT ON COLUMN loadstone.settings.name IS 'max_concurrent_loads: how many loading transactions the whole fleet may have open.';

INSERT INTO loadstone.settings (name, value) VALUES ('max_concurrent_loads', '8');

CREATE TABLE loadstone.loads (
    load_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pipeline text NOT NULL,
    dataset text NOT NULL,
    table_name text NOT NULL,
    bucket text NOT NULL,
    key text NOT NULL,
    uri text NOT NULL,
    version_id text,
    etag text,
    object_time timestamptz,
    sequencer text,
    sha256 text,
    size_bytes bigint,
    state text NOT NULL,
    is_current boolean NOT NULL DEFAULT false,
    attempt integer NOT NULL DEFAULT 1,
    rows_read bigint NOT NULL DEFAULT 0,
    rows_loaded bigint NOT NULL GENERATED ALWAYS AS (rows_inserted + rows_updated + rows_unchanged) STORED,
    rows_inserted bigint NOT NULL DEFAULT 0,
    rows_updated bigint NOT NULL DEFAULT 0,
    rows_unchanged bigint NOT NULL DEFAULT 0,
    rows_deduplicated bigint NOT NULL DEFAULT 0,
    rows_discarded bigint NOT NULL DEFAULT 0,
    rows_rejected bigint NOT NULL DEFAULT 0,
    cells_repaired bigint NOT NULL DEFAULT 0,
    started_at timestamptz NOT NULL DEFAULT now(),
    heartbeat_at timestamptz,
    finished_at timestamptz,
    error_code text,
    error text,
    dialect jsonb,
    config_hash text,
    worker text,
    CONSTRAINT loads_state_known CHECK (
        state IN ('running', 'loaded', 'failed', 'abandoned', 'superseded', 'replaced', 'removed', 'undone')
    ),
    -- A current row is what stands for its key: the load whose rows the table holds, or a tombstone.
    CONSTRAINT loads_current_stands CHECK (NOT is_current OR state IN ('loaded', 'removed')),
    -- The program checks the sum before COMMIT; this is for those who write to the ledger by hand.
    CONSTRAINT loads_rows_balance CHECK (
        state NOT IN ('loaded', 'replaced', 'undone')
        OR rows_read = rows_inserted + rows_updated + rows_unchanged
            + rows_deduplicated + rows_discarded + rows_rejected
    )
);

CREATE UNIQUE INDEX loads_one_current_per_key
    ON loadstone.loads (key, bucket, dataset, pipeline, table_name)
    WHERE is_current;
CREATE INDEX loads_by_key ON loadstone.loads (key, bucket, dataset, pipeline);
CREATE INDEX loads_by_table_and_time
    ON loadstone.loads (table_name, object_time)
    WHERE state IN ('loaded', 'replaced');
CREATE INDEX loads_by_dataset ON loadstone.loads (dataset, load_id);

COMMENT ON TABLE loadstone.loads IS 'One row per load: one object version into one dataset. Commits together with the rows it speaks of.';
COMMENT ON COLUMN loadstone.loads.load_id IS 'Rows of tables with lineage carry it as _load_id.';
COMMENT ON COLUMN loadstone.loads.table_name IS 'The table, schema-qualified, as the catalog has it.';
COMMENT ON COLUMN loadstone.loads.bucket IS 'The bucket, or the absolute path of the source folder.';
COMMENT ON COLUMN loadstone.loads.key IS 'The key in the bucket, or the path below the folder.';
COMMENT ON COLUMN loadstone.loads.object_time IS 'When the object version was written; the order of merges where no column gives one.';
COMMENT ON COLUMN loadstone.loads.sequencer IS 'The newest S3 sequencer known for the key when this row was written.';
COMMENT ON COLUMN loadstone.loads.sha256 IS 'Of the bytes as stored.';
COMMENT ON COLUMN loadstone.loads.state IS
    'running: being loaded; loaded: committed; failed: rolled back, see error; abandoned: its process went away; '
    'superseded: a newer event stood already; replaced: a newer version or a later replace took its place; '
    'removed: the object was deleted; undone: its rows were taken out again.';
COMMENT ON COLUMN loadstone.loads.is_current IS 'What stands for the key now: at most one row per key, dataset and table.';
COMMENT ON COLUMN loadstone.loads.attempt IS '1, and one more for each failed or abandoned attempt at the same version.';
COMMENT ON COLUMN loadstone.loads.rows_read IS 'inserted + updated + unchanged + deduplicated + discarded + rejected.';
COMMENT ON COLUMN loadstone.loads.rows_deduplicated IS 'Rows that lost to a later row of the same key in the same file.';
COMMENT ON COLUMN loadstone.loads.rows_discarded IS 'Rows that the contract left out (discard_row).';
COMMENT ON COLUMN loadstone.loads.rows_rejected IS 'Rows in loadstone.rejects that were not replayed since.';
COMMENT ON COLUMN loadstone.loads.cells_repaired IS 'Cells that a rule changed (otherwise: set or null).';
COMMENT ON COLUMN loadstone.loads.heartbeat_at IS 'A running row whose heartbeat is older than two minutes belongs to a process that is gone.';
COMMENT ON COLUMN loadstone.loads.dialect IS 'What was decided about the file: format, delimiter, encoding, compression.';
COMMENT ON COLUMN loadstone.loads.config_hash IS 'Of the dataset''s configuration.';
COMMENT ON COLUMN loadstone.loads.worker IS 'Host and process.';

-- No foreign key to loads: it is checked row by row, which doubles the cost of writing rejects.
CREATE TABLE loadstone.rejects (
    load_id bigint NOT NULL,
    row_number bigint NOT NULL,
    line_number bigint NOT NULL,
    byte_offset bigint NOT NULL,
    byte_length bigint NOT NULL,
    column_name text,
    code text NOT NULL,
    reason text NOT NULL,
    others jsonb,
    raw bytea,
    rejected_at timestamptz NOT NULL DEFAULT now(),
    replayed_by text,
    PRIMARY KEY (load_id, row_number)
);
CREATE INDEX rejects_by_time ON loadstone.rejects USING brin (rejected_at);

COMMENT ON TABLE loadstone.rejects IS 'Rows that did not fit, one row each: where they stand in the file, and why.';
COMMENT ON COLUMN loadstone.rejects.row_number IS 'The record in the file, from 1, header not counted.';
COMMENT ON COLUMN loadstone.rejects.line_number IS 'The physical line on which it begins, from 1, everything counted.';
COMMENT ON COLUMN loadstone.rejects.byte_offset IS 'Where it begins in the decompressed text.';
COMMENT ON COLUMN loadstone.rejects.byte_length IS 'How long it is there, line ending included.';
COMMENT ON COLUMN loadstone.rejects.column_name IS 'The first column that failed; NULL where the whole record is at fault.';
COMMENT ON COLUMN loadstone.rejects.code IS 'A short stable name, or the SQLSTATE of what PostgreSQL refused.';
COMMENT ON COLUMN loadstone.rejects.others IS 'Further columns that failed: a list of {column, code, reason}.';
COMMENT ON COLUMN loadstone.rejects.raw IS 'The record as it stands in the file, capped at 64 KiB; NULL once retention took it. May hold personal data.';
COMMENT ON COLUMN loadstone.rejects.replayed_by IS 'Who tried the row again with success (loaded, or left out as the contract says); NULL while it is open.';

CREATE VIEW loadstone.last_loads AS
SELECT DISTINCT ON (pipeline, dataset)
    pipeline, dataset, table_name, load_id, uri, state, rows_read, rows_loaded, rows_rejected,
    started_at, finished_at, finished_at - started_at AS duration, error_code, error
FROM loadstone.loads
ORDER BY pipeline, dataset, load_id DESC;
COMMENT ON VIEW loadstone.last_loads IS 'The last load of each dataset, whatever became of it.';

CREATE VIEW loadstone.freshness AS
SELECT
    pipeline, dataset,
    max(finished_at) AS last_loaded_at,
    now() - max(finished_at) AS since_last_load,
    max(object_time) AS newest_object,
    now() - max(object_time) AS age_of_newest_object
FROM loadstone.loads
WHERE state IN ('loaded', 'replaced')
GROUP BY pipeline, dataset;
COMMENT ON VIEW loadstone.freshness IS 'How old the data of each dataset is.';

CREATE VIEW loadstone.rejects_by_reason AS
SELECT
    date_trunc('day', rejects.rejected_at) AS day,
    loads.pipeline, loads.dataset, rejects.column_name, rejects.code,
    count(*) AS rows,
    count(*) FILTER (WHERE rejects.replayed_by IS NOT NULL) AS rows_replayed,
    min(rejects.reason) AS example
FROM loadstone.rejects JOIN loadstone.loads USING (load_id)
GROUP BY 1, 2, 3, 4, 5;
COMMENT ON VIEW loadstone.rejects_by_reason IS 'Why rows were rejected, by day.';
