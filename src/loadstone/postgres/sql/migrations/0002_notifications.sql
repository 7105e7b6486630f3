-- Notifications: which target was told of which load, and since when a target wants to be told.

CREATE TABLE loadstone.notifications (
    notification_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pipeline text NOT NULL,
    dataset text NOT NULL,
    load_id bigint,
    due_at timestamptz,
    target text NOT NULL,
    kind text NOT NULL,
    state text NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    last_error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    next_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz,
    CONSTRAINT notifications_state_known CHECK (state IN ('waiting', 'sending', 'sent', 'failed', 'given_up')),
    -- About a load, or about something that was expected by a moment.
    CONSTRAINT notifications_have_one_occasion CHECK ((load_id IS NULL) <> (due_at IS NULL))
);
CREATE UNIQUE INDEX notifications_once_per_load
    ON loadstone.notifications (load_id, target, kind)
    WHERE load_id IS NOT NULL;
CREATE UNIQUE INDEX notifications_once_per_due_time
    ON loadstone.notifications (due_at, pipeline, dataset, target, kind)
    WHERE due_at IS NOT NULL;
CREATE INDEX notifications_unsent
    ON loadstone.notifications (pipeline, created_at)
    WHERE state IN ('waiting', 'sending', 'failed');

COMMENT ON TABLE loadstone.notifications IS 'One row per load, target and kind: claimed before it is sent.';
COMMENT ON COLUMN loadstone.notifications.load_id IS 'The load that it tells of; NULL for what is not about one.';
COMMENT ON COLUMN loadstone.notifications.due_at IS 'The moment by which something was expected; NULL for what is about a load.';
COMMENT ON COLUMN loadstone.notifications.target IS 'The topic, or a webhook''s host with a digest of its URL, which is secret.';
COMMENT ON COLUMN loadstone.notifications.kind IS 'landed, loaded, failed, rejects_over, nothing_by, volume_off.';
COMMENT ON COLUMN loadstone.notifications.state IS
    'waiting: not tried yet; sending: claimed; sent; failed: to be tried again; given_up: tried too often.';
COMMENT ON COLUMN loadstone.notifications.next_at IS
    'From when on it may be tried (again); while it is being sent, when the sender counts as gone.';
COMMENT ON COLUMN loadstone.notifications.last_error IS 'Why the last attempt failed.';

CREATE TABLE loadstone.notification_subscriptions (
    pipeline text NOT NULL,
    dataset text NOT NULL,
    target text NOT NULL,
    kind text NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    checked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (pipeline, dataset, target, kind)
);
COMMENT ON TABLE loadstone.notification_subscriptions IS 'What each target wants to be told of; what was before it did is not told.';
COMMENT ON COLUMN loadstone.notification_subscriptions.checked_at IS 'Up to when loads were looked through.';

-- The passes look for loads that ended lately.
CREATE INDEX loads_by_finish ON loadstone.loads USING brin (finished_at);
