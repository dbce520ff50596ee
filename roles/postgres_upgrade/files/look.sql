-- What keeps one database, and the cluster that it is in, from being upgraded: one line of JSON. What pg_upgrade refuses
-- (its own check.c), and what would be wrong afterwards.
SELECT json_build_object(
  'database', current_database(),
  'cluster', json_build_object(
    'version', current_setting('server_version_num')::int / 10000,
    'checksums', current_setting('data_checksums') = 'on',
    'bytes', (SELECT sum(pg_database_size(oid)) FROM pg_database),
    'prepared', (SELECT coalesce(json_agg(gid ORDER BY gid), '[]') FROM pg_prepared_xacts),
    'slots', (SELECT coalesce(json_agg(slot_name ORDER BY slot_name), '[]') FROM pg_replication_slots WHERE slot_type = 'logical'),
    'subscriptions', (SELECT coalesce(json_agg(subname ORDER BY subname), '[]') FROM pg_subscription),
    'tablespaces', (SELECT coalesce(json_agg(spcname ORDER BY spcname), '[]') FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global')),
    'closed', (SELECT coalesce(json_agg(datname ORDER BY datname), '[]') FROM pg_database WHERE NOT datallowconn AND datname <> 'template0'),
    'roles', (SELECT coalesce(json_agg(rolname ORDER BY rolname), '[]') FROM pg_roles WHERE rolname ~ '^pg_' AND oid >= 16384)),
  'invalid_indexes', (SELECT coalesce(json_agg(indexrelid::regclass::text ORDER BY indexrelid::regclass::text), '[]')
    FROM pg_index WHERE NOT indisvalid OR NOT indisready),
  -- Their values are numbers of objects, which get new ones; and one type that is stored otherwise since version 16.
  'columns', (WITH RECURSIVE kept AS (
      SELECT oid FROM pg_type
      WHERE typnamespace = 'pg_catalog'::regnamespace AND typname IN ('regcollation', 'regconfig', 'regdictionary', 'regnamespace',
        'regoper', 'regoperator', 'regproc', 'regprocedure', 'aclitem')
      UNION
      SELECT typ.oid FROM kept JOIN pg_type AS typ ON typ.typbasetype = kept.oid OR typ.typelem = kept.oid
    )
    SELECT coalesce(json_agg(format('%s.%I (%s)', attrelid::regclass, attname, format_type(atttypid, NULL)) ORDER BY attrelid::regclass::text, attname), '[]')
    FROM pg_attribute JOIN kept ON kept.oid = atttypid JOIN pg_class ON pg_class.oid = attrelid
    WHERE relkind IN ('r', 'm', 'i', 'p') AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
      AND NOT attisdropped AND relpersistence <> 't'),
  'extensions', (SELECT coalesce(json_agg(extname ORDER BY extname), '[]') FROM pg_extension),
  'libraries', (SELECT coalesce(json_agg(DISTINCT probin), '[]') FROM pg_proc JOIN pg_language ON pg_language.oid = prolang
    WHERE lanname = 'c' AND probin IS NOT NULL AND pg_proc.oid >= 16384),
  'collations', (SELECT coalesce(json_agg(found ORDER BY found), '[]') FROM (
      SELECT oid::regcollation::text FROM pg_collation
      WHERE collversion IS NOT NULL AND collversion IS DISTINCT FROM pg_collation_actual_version(oid)
      UNION ALL
      SELECT format('database %I', datname) FROM pg_database WHERE datname = current_database()
        AND datcollversion IS NOT NULL AND datcollversion IS DISTINCT FROM pg_database_collation_actual_version(oid)) AS changed (found)))
