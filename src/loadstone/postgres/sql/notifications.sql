-- name: subscribe
-- One row for each of the parallel lists; those that were there keep their beginning.
INSERT INTO loadstone.notification_subscriptions (pipeline, dataset, target, kind)
SELECT %(pipeline)s, dataset, target, kind
FROM unnest(%(datasets)s::text[], %(targets)s::text[], %(kinds)s::text[]) AS wanted (dataset, target, kind)
ON CONFLICT DO NOTHING

-- name: subscriptions
SELECT dataset, target, kind, since, checked_at FROM loadstone.notification_subscriptions
WHERE pipeline = %(pipeline)s

-- name: checked
UPDATE loadstone.notification_subscriptions SET checked_at = greatest(checked_at, %(at)s)
WHERE pipeline = %(pipeline)s AND dataset = ANY(%(datasets)s)

-- name: ended_since
-- An hour of overlap: a load's time of ending is taken before its COMMIT.
SELECT load_id FROM loadstone.loads
WHERE pipeline = %(pipeline)s AND dataset = %(dataset)s AND state IN ('loaded', 'replaced', 'failed')
    AND finished_at > %(since)s
ORDER BY load_id

-- name: unsent
-- Loads with notifications that were begun and not sent; those of another's fresh claim are left to it.
SELECT DISTINCT load_id FROM loadstone.notifications
WHERE pipeline = %(pipeline)s AND load_id IS NOT NULL AND created_at > now() - %(age)s
    AND state IN ('waiting', 'sending', 'failed') AND next_at <= now()
ORDER BY load_id

-- name: settled
-- What of these loads is sent or given up, is being sent, or rests after a failure.
SELECT load_id, target, kind FROM loadstone.notifications
WHERE load_id = ANY(%(load_ids)s) AND (state IN ('sent', 'given_up') OR next_at > now())

-- name: loads
SELECT loads.*, false AS is_stale FROM loadstone.loads WHERE load_id = ANY(%(load_ids)s) ORDER BY load_id

-- name: earlier_rows
-- Of the loads before, of those that stand or stood; newest first.
SELECT rows_loaded FROM loadstone.loads
WHERE dataset = %(dataset)s AND pipeline = %(pipeline)s AND load_id < %(load_id)s
    AND state IN ('loaded', 'replaced')
ORDER BY load_id DESC LIMIT %(most)s

-- name: comes_often
-- Whether the dataset is known for some days and brought so many loads within some more. Both by a look at one
-- end of an index: this is asked after each load.
SELECT coalesce((
        SELECT finished_at FROM loadstone.loads
        WHERE dataset = %(dataset)s AND pipeline = %(pipeline)s AND state IN ('loaded', 'replaced')
            AND finished_at < %(at)s
        ORDER BY load_id LIMIT 1
    ) < %(at)s - %(known)s, false)
    AND coalesce((
        SELECT finished_at FROM loadstone.loads
        WHERE dataset = %(dataset)s AND pipeline = %(pipeline)s AND state IN ('loaded', 'replaced')
            AND finished_at < %(at)s
        ORDER BY load_id DESC OFFSET %(loads)s LIMIT 1
    ) > %(at)s - %(within)s, false)

-- name: days
-- Rows by day (of UTC) for some days up to a midnight, from the first day with any.
WITH loaded AS (
    SELECT (finished_at AT TIME ZONE 'UTC')::date AS day, sum(rows_loaded) AS rows FROM loadstone.loads
    WHERE dataset = %(dataset)s AND pipeline = %(pipeline)s AND state IN ('loaded', 'replaced')
        AND finished_at >= %(end)s - %(within)s AND finished_at < %(end)s
    GROUP BY 1
)
SELECT coalesce(loaded.rows, 0)::bigint
FROM generate_series(
    (SELECT min(day) FROM loaded), (%(end)s AT TIME ZONE 'UTC')::date - 1, interval '1 day'
) AS every_day (day) LEFT JOIN loaded ON loaded.day = every_day.day::date
ORDER BY every_day.day

-- name: claim
-- Of several that claim at once one gets the row; a claim lasts as long as its lease.
INSERT INTO loadstone.notifications AS held
    (pipeline, dataset, load_id, due_at, target, kind, state, attempts, next_at)
VALUES (%(pipeline)s, %(dataset)s, %(load_id)s, %(due_at)s, %(target)s, %(kind)s, 'sending', 1, now() + %(lease)s)
ON CONFLICT {occasion} DO UPDATE SET state = 'sending', attempts = held.attempts + 1,
    next_at = now() + %(lease)s
WHERE held.state IN ('waiting', 'sending', 'failed') AND held.next_at <= now()
RETURNING notification_id, attempts

-- name: postpone
INSERT INTO loadstone.notifications (pipeline, dataset, load_id, due_at, target, kind, state, last_error)
VALUES (%(pipeline)s, %(dataset)s, %(load_id)s, %(due_at)s, %(target)s, %(kind)s, 'waiting', %(reason)s)
ON CONFLICT DO NOTHING

-- name: settle
-- Only by who holds the claim. Tries come less and less often: at once, after 1, 3, 7 ... 60 minutes.
UPDATE loadstone.notifications SET
    state = CASE WHEN %(error)s::text IS NULL THEN 'sent'
        WHEN attempts >= %(most)s OR %(is_final)s THEN 'given_up' ELSE 'failed' END,
    next_at = now() + least(power(2, attempts - 1) - 1, 60) * interval '1 minute',
    last_error = %(error)s, sent_at = CASE WHEN %(error)s::text IS NULL THEN now() END
WHERE notification_id = %(number)s AND attempts = %(attempt)s AND state = 'sending'

-- name: loaded_between
-- Whether something was loaded in a window, and when something was loaded last by its end.
SELECT coalesce(max(finished_at) > %(begin)s, false), max(finished_at) FROM loadstone.loads
WHERE pipeline = %(pipeline)s AND dataset = %(dataset)s AND state IN ('loaded', 'replaced')
    AND finished_at <= %(end)s

-- name: is_told
SELECT EXISTS (
    SELECT FROM loadstone.notifications
    WHERE due_at = %(due_at)s AND pipeline = %(pipeline)s AND dataset = %(dataset)s AND target = %(target)s
        AND kind = %(kind)s
        AND (state IN ('sent', 'given_up') OR next_at > now())
)
