-- Retention. Every statement takes a batch; rows that others are at are left to the next pass.
-- Without a pipeline, of all. Ages are by the database's clock, which dated the rows.

-- name: is_due
-- Whether nobody has seen to it lately.
SELECT NOT EXISTS (
    SELECT FROM loadstone.settings WHERE name = %(name)s AND changed_at > now() - %(every)s
)

-- name: seen_to
INSERT INTO loadstone.settings AS held (name, value) VALUES (%(name)s, 'applied')
ON CONFLICT (name) DO UPDATE SET changed_at = now()

-- name: overdue
-- Whether something is there that should have gone: texts, rejects.
SELECT
    EXISTS (SELECT FROM loadstone.rejects JOIN loadstone.loads USING (load_id)
        WHERE pipeline = %(pipeline)s AND raw IS NOT NULL AND rejected_at < now() - %(raw_texts)s),
    EXISTS (SELECT FROM loadstone.rejects JOIN loadstone.loads USING (load_id)
        WHERE pipeline = %(pipeline)s AND rejected_at < now() - %(rejects)s)

-- name: raw_texts
-- Reasons quote values, as 'x' where they are ours, as "x", =(x) or contains (x, y) where they are PostgreSQL's.
UPDATE loadstone.rejects SET raw = NULL,
    reason = regexp_replace(reason, %(quoted)s, '…', 'g'),
    others = (
        SELECT jsonb_agg(
            other || jsonb_build_object('reason', regexp_replace(other ->> 'reason', %(quoted)s, '…', 'g'))
        )
        FROM jsonb_array_elements(others) AS other
    )
WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM loadstone.rejects
    WHERE raw IS NOT NULL AND rejected_at < now() - %(age)s
        AND (%(pipeline)s::text IS NULL
            OR load_id IN (SELECT load_id FROM loadstone.loads WHERE pipeline = %(pipeline)s))
    LIMIT %(batch)s
    FOR UPDATE SKIP LOCKED
))

-- name: rejects
DELETE FROM loadstone.rejects
WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM loadstone.rejects
    WHERE rejected_at < now() - %(age)s
        AND (%(pipeline)s::text IS NULL
            OR load_id IN (SELECT load_id FROM loadstone.loads WHERE pipeline = %(pipeline)s))
    LIMIT %(batch)s
    FOR UPDATE SKIP LOCKED
))

-- name: notifications
DELETE FROM loadstone.notifications
WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM loadstone.notifications
    WHERE created_at < now() - greatest(%(age)s, %(remembered)s)
        AND (%(pipeline)s::text IS NULL OR pipeline = %(pipeline)s)
    LIMIT %(batch)s
    FOR UPDATE SKIP LOCKED
))
