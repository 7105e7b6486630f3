-- name: standing
-- What stands for a key: its current load, or a tombstone.
SELECT loads.* FROM loadstone.loads
WHERE key = %(key)s AND bucket = %(bucket)s AND dataset = %(dataset)s AND pipeline = %(pipeline)s
    AND table_name = %(table)s AND is_current

-- name: was_loaded
-- Whether this very version was loaded before; used where each version counts.
SELECT load_id FROM loadstone.loads
WHERE key = %(key)s AND bucket = %(bucket)s AND dataset = %(dataset)s AND pipeline = %(pipeline)s
    AND table_name = %(table)s AND state = 'loaded'
    AND version_id IS NOT DISTINCT FROM %(version_id)s AND etag IS NOT DISTINCT FROM %(etag)s
    AND (version_id IS NOT NULL OR object_time = %(object_time)s)
ORDER BY load_id DESC LIMIT 1

-- name: abandon
-- Under the object's lock every other running row of the key belongs to a process that is gone.
UPDATE loadstone.loads SET state = 'abandoned', finished_at = now(),
    error_code = 'abandoned', error = 'its process went away before it committed; nothing of it was kept'
WHERE key = %(key)s AND bucket = %(bucket)s AND dataset = %(dataset)s AND pipeline = %(pipeline)s
    AND table_name = %(table)s AND state = 'running'

-- name: insert
INSERT INTO loadstone.loads (
    pipeline, dataset, table_name, bucket, key, uri, version_id, etag, object_time, sequencer, size_bytes,
    state, is_current, attempt, heartbeat_at, finished_at, config_hash, worker
)
SELECT %(pipeline)s, %(dataset)s, %(table)s, %(bucket)s, %(key)s, %(uri)s, %(version_id)s, %(etag)s,
    %(object_time)s, %(sequencer)s, %(size)s, %(state)s, %(state)s = 'removed',
    1 + (
        SELECT count(*) FROM loadstone.loads
        WHERE key = %(key)s AND bucket = %(bucket)s AND dataset = %(dataset)s AND pipeline = %(pipeline)s
            AND table_name = %(table)s AND state IN ('failed', 'abandoned') AND object_time = %(object_time)s
            AND version_id IS NOT DISTINCT FROM %(version_id)s AND etag IS NOT DISTINCT FROM %(etag)s
    ),
    CASE WHEN %(state)s = 'running' THEN now() END,
    CASE WHEN %(state)s <> 'running' THEN now() END,
    %(config_hash)s, %(worker)s
RETURNING load_id

-- name: withdraw
DELETE FROM loadstone.loads WHERE load_id = %(load_id)s AND state IN ('running', 'abandoned')

-- name: heartbeat
-- Skips the row while its own load holds it: it is about to commit.
UPDATE loadstone.loads SET heartbeat_at = now()
WHERE load_id = (
    SELECT load_id FROM loadstone.loads WHERE load_id = %(load_id)s AND state = 'running' FOR UPDATE SKIP LOCKED
)

-- name: move_sequencer
UPDATE loadstone.loads SET sequencer = %(sequencer)s WHERE load_id = %(load_id)s

-- name: earlier_loads
-- Loads of the key whose rows the table may still hold, whatever their version.
SELECT load_id FROM loadstone.loads
WHERE key = %(key)s AND bucket = %(bucket)s AND dataset = %(dataset)s AND pipeline = %(pipeline)s
    AND table_name = %(table)s AND state = ANY(%(states)s)
ORDER BY load_id

-- name: is_late
-- Whether a newer object was loaded into the same table.
SELECT EXISTS (
    SELECT FROM loadstone.loads
    WHERE table_name = %(table)s AND state IN ('loaded', 'replaced') AND object_time > %(object_time)s
)

-- name: newer_in_table
-- The newest object of another key among those whose rows a table holds, where it is newer than this one.
SELECT load_id, uri FROM loadstone.loads
WHERE table_name = %(table)s AND state = 'loaded' AND is_current AND object_time > %(object_time)s
    AND (key, bucket, dataset, pipeline) IS DISTINCT FROM (%(key)s, %(bucket)s, %(dataset)s, %(pipeline)s)
ORDER BY object_time DESC LIMIT 1

-- name: retire
-- Loads whose rows went, or whose place another version takes.
UPDATE loadstone.loads SET state = 'replaced', is_current = false
WHERE load_id = ANY(%(load_ids)s) AND state = 'loaded' AND load_id <> %(load_id)s

-- name: retire_table
-- The whole table was replaced.
UPDATE loadstone.loads SET state = 'replaced', is_current = false
WHERE table_name = %(table)s AND state = 'loaded' AND load_id <> %(load_id)s

-- name: step_down
UPDATE loadstone.loads SET is_current = false WHERE load_id = %(load_id)s

-- name: is_same_content
SELECT load_id FROM loadstone.loads
WHERE load_id = %(load_id)s AND state = 'loaded' AND is_current
    AND sha256 = %(sha256)s AND config_hash = %(config_hash)s

-- name: touch
UPDATE loadstone.loads SET object_time = %(object_time)s
WHERE load_id = %(load_id)s AND state = 'loaded' AND is_current

-- name: finish
UPDATE loadstone.loads SET
    state = 'loaded', is_current = true, finished_at = clock_timestamp(), sha256 = %(sha256)s,
    size_bytes = coalesce(size_bytes, %(source_bytes)s), dialect = %(dialect)s, rows_read = %(read)s, rows_inserted = %(inserted)s, rows_updated = %(updated)s,
    rows_unchanged = %(unchanged)s, rows_deduplicated = %(deduplicated)s, rows_discarded = %(discarded)s,
    rows_rejected = %(rejected)s, cells_repaired = %(repaired)s
WHERE load_id = %(load_id)s AND state IN ('running', 'abandoned')
RETURNING pg_current_xact_id()::text

-- name: add_to_dialect
UPDATE loadstone.loads SET dialect = coalesce(dialect, '{}') || %(more)s::jsonb WHERE load_id = %(load_id)s

-- name: finish_replay
-- Rows move from rejected to what became of them; the sum stays the same.
UPDATE loadstone.loads SET
    rows_inserted = rows_inserted + %(inserted)s, rows_updated = rows_updated + %(updated)s,
    rows_unchanged = rows_unchanged + %(unchanged)s, rows_deduplicated = rows_deduplicated + %(deduplicated)s,
    rows_discarded = rows_discarded + %(discarded)s,
    rows_rejected = rows_rejected - %(read)s + %(rejected)s, cells_repaired = cells_repaired + %(repaired)s
WHERE load_id = %(load_id)s AND state = 'loaded'
RETURNING pg_current_xact_id()::text

-- name: fail
-- Never touches a load that committed after all.
UPDATE loadstone.loads SET
    state = 'failed', finished_at = now(), error_code = %(error_code)s, error = %(error)s,
    rows_read = %(read)s, rows_discarded = %(discarded)s, rows_rejected = %(rejected)s, cells_repaired = %(repaired)s
WHERE load_id = %(load_id)s AND state IN ('running', 'abandoned')
RETURNING load_id

-- name: current
SELECT key, uri, version_id, etag, object_time, size_bytes FROM loadstone.loads
WHERE pipeline = %(pipeline)s AND dataset = %(dataset)s AND bucket = %(bucket)s AND is_current AND state = 'loaded'
    AND (%(table)s::text IS NULL OR table_name = %(table)s)
    AND (NOT %(in_archives)s OR key ILIKE '%%.zip!/%%')

-- name: history
SELECT loads.*, state = 'running' AND heartbeat_at < now() - interval '2 minutes' AS is_stale
FROM loadstone.loads
WHERE (%(dataset)s::text IS NULL OR dataset = %(dataset)s) AND (%(key)s::text IS NULL OR key = %(key)s)
ORDER BY load_id DESC LIMIT %(limit)s

-- name: find
SELECT loads.*, state = 'running' AND heartbeat_at < now() - interval '2 minutes' AS is_stale
FROM loadstone.loads WHERE load_id = %(load_id)s

-- name: rejects
SELECT row_number, line_number, byte_offset, byte_length, column_name, code, reason, raw, others
FROM loadstone.rejects
WHERE load_id = %(load_id)s AND (replayed_by IS NULL OR NOT %(unreplayed)s)
ORDER BY row_number LIMIT %(limit)s

-- name: close_rejects
UPDATE loadstone.rejects SET replayed_by = %(worker)s
WHERE load_id = %(load_id)s AND row_number = ANY(%(row_numbers)s) AND replayed_by IS NULL

-- name: reopen_rejects
-- Tried again and rejected again: the new reason takes the old one's place.
DELETE FROM loadstone.rejects
WHERE load_id = %(load_id)s AND row_number = ANY(%(row_numbers)s) AND replayed_by IS NULL

-- name: end
-- Ends a load that stood: its rows were taken out.
UPDATE loadstone.loads SET state = %(state)s, is_current = false
WHERE load_id = ANY(%(load_ids)s) AND state IN ('loaded', 'replaced')
