-- What a load must know of its table. Reads catalogs only, and so locks nothing.

-- name: table
WITH target AS (
    SELECT * FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass(%(table)s)
),
family AS (
    SELECT oid FROM target
    UNION
    SELECT tree.relid FROM target, pg_catalog.pg_partition_tree(target.oid) AS tree
)
SELECT
    c.oid::bigint,
    n.nspname,
    c.relname,
    c.relkind::text,
    c.relkind = 'p' AS is_partitioned,
    EXISTS (
        SELECT FROM pg_catalog.pg_constraint AS k
        WHERE k.confrelid = c.oid AND k.contype = 'f' AND k.conrelid <> c.oid
    ) AS is_referenced,
    EXISTS (SELECT FROM family AS f JOIN pg_catalog.pg_trigger AS g ON g.tgrelid = f.oid
        WHERE NOT g.tgisinternal AND g.tgenabled <> 'D' AND g.tgtype & 1 = 1) AS has_row_triggers,
    -- 4 is INSERT, 16 is UPDATE
    EXISTS (SELECT FROM pg_catalog.pg_trigger AS g
        WHERE g.tgrelid = c.oid AND NOT g.tgisinternal AND g.tgenabled <> 'D'
            AND g.tgtype & 1 = 0 AND g.tgtype & 20 <> 0) AS has_statement_triggers,
    EXISTS (SELECT FROM pg_catalog.pg_rewrite AS r WHERE r.ev_class = c.oid) AS has_rules,
    pg_catalog.row_security_active(c.oid) AS has_row_security,
    c.relispartition OR c.relkind = 'p'
    OR EXISTS (SELECT FROM family AS f JOIN pg_catalog.pg_index AS i ON i.indrelid = f.oid)
    OR EXISTS (SELECT FROM family AS f JOIN pg_catalog.pg_constraint AS k ON k.conrelid = f.oid
        WHERE k.contype IN ('c', 'f', 'p', 'u', 'x')) AS has_constraints
FROM target AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace

-- name: schema_of
-- The schema that an unqualified name leads to; for a table that is still to be made, where it will be.
SELECT coalesce(
    (
        SELECT n.nspname FROM pg_catalog.pg_class AS c
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.oid = pg_catalog.to_regclass(%(table)s)
    ),
    pg_catalog.current_schema()
)

-- name: columns
WITH RECURSIVE unwrapped (attnum, type, typmod, is_domain, is_strict) AS (
    SELECT attnum, atttypid, atttypmod, false, attnotnull
    FROM pg_catalog.pg_attribute
    WHERE attrelid = %(oid)s AND attnum > 0 AND NOT attisdropped
    UNION ALL
    SELECT u.attnum, t.typbasetype, CASE WHEN t.typtypmod <> -1 THEN t.typtypmod ELSE u.typmod END,
        true, u.is_strict OR t.typnotnull
    FROM unwrapped AS u
    JOIN pg_catalog.pg_type AS t ON t.oid = u.type AND t.typtype = 'd'
)
SELECT
    a.attname,
    pg_catalog.format_type(u.type, u.typmod) || CASE
        WHEN a.attcollation = 0 OR o.collname = 'default' THEN ''
        ELSE format(' COLLATE %%I.%%I', os.nspname, o.collname)
    END AS base,
    pg_catalog.format_type(u.type, u.typmod) AS type,
    pg_catalog.format_type(u.type, -1) AS cast_to,
    pg_catalog.format_type(a.atttypid, a.atttypmod) AS declared,
    e.oid::bigint AS element,
    e.typtype = 'd' AS is_array_of_domain,
    e.typdelim::text AS delimiter,
    b.typcategory = 'S' AS is_text,
    (SELECT array_agg(l.enumlabel::text ORDER BY l.enumsortorder) FROM pg_catalog.pg_enum AS l
        WHERE l.enumtypid = e.oid) AS labels,
    NOT u.is_strict AS is_nullable,
    a.atthasdef OR a.attidentity <> '' OR w.typdefault IS NOT NULL AS has_default,
    a.attgenerated <> '' AS is_generated,
    a.attidentity = 'a' AS is_always_identity,
    u.is_domain,
    coalesce(o.collisdeterministic, true) AS is_bytewise
FROM unwrapped AS u
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = %(oid)s AND a.attnum = u.attnum
JOIN pg_catalog.pg_type AS w ON w.oid = a.atttypid
JOIN pg_catalog.pg_type AS b ON b.oid = u.type AND b.typtype <> 'd'
JOIN pg_catalog.pg_type AS e
    ON e.oid = CASE WHEN b.typcategory = 'A' AND b.typelem <> 0 THEN b.typelem ELSE b.oid END
LEFT JOIN pg_catalog.pg_collation AS o ON o.oid = a.attcollation
LEFT JOIN pg_catalog.pg_namespace AS os ON os.oid = o.collnamespace
ORDER BY a.attnum

-- name: indexes
SELECT
    array_agg(a.attname::text ORDER BY k.position) AS columns,
    i.indisunique AS is_unique,
    i.indimmediate AS is_immediate
FROM pg_catalog.pg_index AS i
CROSS JOIN LATERAL unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (attnum, position)
JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
JOIN pg_catalog.pg_am AS m ON m.oid = x.relam
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
WHERE i.indrelid = %(oid)s AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
    AND m.amname IN ('btree', 'hash') AND k.position <= i.indnkeyatts
GROUP BY i.indexrelid, i.indisunique, i.indimmediate
ORDER BY i.indexrelid

-- name: referenced_by_others
-- Whether foreign keys of tables other than these point to a table.
SELECT EXISTS (
    SELECT FROM pg_catalog.pg_constraint AS k
    WHERE k.confrelid = pg_catalog.to_regclass(%(table)s) AND k.contype = 'f' AND k.conrelid <> k.confrelid
        AND k.conrelid NOT IN (
            SELECT pg_catalog.to_regclass(c.name) FROM unnest(%(children)s::text[]) AS c (name)
            WHERE pg_catalog.to_regclass(c.name) IS NOT NULL
        )
)

-- name: existing
-- Those of some names, as SQL, that are tables.
SELECT array_agg(c.name) FROM unnest(%(tables)s::text[]) AS c (name)
WHERE pg_catalog.to_regclass(c.name) IS NOT NULL

-- name: foreign_keys
-- The foreign keys from one table to another whose rows go with those that they refer to.
SELECT
    (SELECT array_agg(a.attname::text ORDER BY n.position)
        FROM unnest(k.conkey) WITH ORDINALITY AS n (attnum, position)
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = n.attnum) AS columns,
    (SELECT array_agg(a.attname::text ORDER BY n.position)
        FROM unnest(k.confkey) WITH ORDINALITY AS n (attnum, position)
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = n.attnum) AS referenced
FROM pg_catalog.pg_constraint AS k
WHERE k.contype = 'f' AND k.confdeltype = 'c'
    AND k.conrelid = pg_catalog.to_regclass(%(table)s) AND k.confrelid = pg_catalog.to_regclass(%(parent)s)

-- name: refuses_elements
-- Whether a child's table may refuse rows by more than what links them to their parent.
WITH target AS (
    SELECT oid, relispartition FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass(%(table)s)
),
own AS (
    SELECT
        array_agg(a.attnum) FILTER (WHERE a.attname = ANY (%(link)s::text[])) AS link,
        array_agg(a.attnum) FILTER (
            WHERE a.attname = ANY (%(link)s::text[]) OR a.attname = %(position)s
        ) AS keys,
        array_agg(a.attnum) FILTER (
            WHERE a.attname = ANY (%(link)s::text[]) OR a.attname IN (%(position)s, '_load_id', '_row')
        ) AS columns
    FROM target JOIN pg_catalog.pg_attribute AS a ON a.attrelid = target.oid
    WHERE a.attnum > 0 AND NOT a.attisdropped
)
SELECT
    target.relispartition
    OR EXISTS (
        SELECT FROM pg_catalog.pg_index AS i
        WHERE i.indrelid = target.oid AND (
            i.indexprs IS NOT NULL OR i.indpred IS NOT NULL OR i.indisexclusion
            OR NOT i.indkey::smallint[] <@ own.columns
            OR (i.indisunique AND NOT (i.indkey::smallint[])[:i.indnkeyatts - 1] @> own.keys)
        )
    )
    OR EXISTS (
        SELECT FROM pg_catalog.pg_constraint AS k
        WHERE k.conrelid = target.oid AND (
            k.contype IN ('c', 'x', 't')
            OR (k.contype = 'f'
                AND NOT (k.confrelid = pg_catalog.to_regclass(%(parent)s) AND k.conkey <@ own.link))
        )
    )
FROM target CROSS JOIN own

-- name: columns_of_constraint
-- The columns of a table that one of its constraints, or unique indexes, is about.
SELECT array_agg(a.attname::text ORDER BY a.attnum)
FROM pg_catalog.pg_attribute AS a
WHERE a.attrelid = pg_catalog.to_regclass(%(table)s) AND a.attnum IN (
    SELECT unnest(k.conkey) FROM pg_catalog.pg_constraint AS k
    WHERE k.conrelid = a.attrelid AND k.conname = %(constraint)s
    UNION
    SELECT unnest(i.indkey::smallint[]) FROM pg_catalog.pg_index AS i
    JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
    WHERE i.indrelid = a.attrelid AND x.relname = %(constraint)s
)
