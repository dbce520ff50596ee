"""What psql is asked about a cluster. It answers with one line of JSON for the cluster and one for the database."""

from __future__ import annotations

OBSERVE = r"""
SELECT json_build_object(
  'roles', (
    SELECT coalesce(json_agg(json_build_object(
      'name', rolname,
      'verifier', rolpassword,
      'login', rolcanlogin,
      'attributes', array_remove(ARRAY[
        CASE WHEN rolsuper THEN 'SUPERUSER' END,
        CASE WHEN rolcreatedb THEN 'CREATEDB' END,
        CASE WHEN rolcreaterole THEN 'CREATEROLE' END,
        CASE WHEN rolreplication THEN 'REPLICATION' END,
        CASE WHEN rolbypassrls THEN 'BYPASSRLS' END], NULL),
      'member_of', ARRAY(
        SELECT granted.rolname FROM pg_auth_members JOIN pg_authid granted ON granted.oid = roleid
        WHERE member = pg_authid.oid))), '[]')
    FROM pg_authid WHERE rolname NOT LIKE 'pg\_%'),
  'database', (
    SELECT json_build_object(
      'owner', pg_get_userbyid(datdba),
      'public_may_connect', has_database_privilege('public', oid, 'CONNECT'),
      'may_connect', ARRAY(
        SELECT pg_get_userbyid(grantee) FROM aclexplode(datacl) WHERE grantee <> 0 AND privilege_type = 'CONNECT'))
    FROM pg_database WHERE datname = :'database'),
  'system_identifier', (SELECT system_identifier::text FROM pg_control_system()),
  'version', current_setting('server_version'),
  'data_directory', current_setting('data_directory'),
  'data_checksums', current_setting('data_checksums') = 'on',
  'pending_restart', ARRAY(SELECT name FROM pg_settings WHERE pending_restart ORDER BY name),
  'config_file', current_setting('config_file'),
  'hba_errors', ARRAY(
    SELECT format('%s line %s: %s', current_setting('hba_file'), line_number, error)
    FROM pg_hba_file_rules WHERE error IS NOT NULL),
  'configuration_unread', EXISTS (
    SELECT FROM (
      SELECT current_setting(name) FROM unnest(ARRAY['hba_file', 'ssl_cert_file', 'ssl_key_file']) name
      UNION SELECT sourcefile FROM pg_file_settings) files (path)
    WHERE (pg_stat_file(path, true)).modification > pg_conf_load_time()),
  'collation_mismatches', ARRAY(
    SELECT datname FROM pg_database
    WHERE datallowconn AND datcollversion IS DISTINCT FROM pg_database_collation_actual_version(oid) ORDER BY datname)
);
SELECT EXISTS (SELECT FROM pg_database WHERE datname = :'database') AS database_exists \gset
\if :database_exists
\connect :"database"
SELECT to_regclass('public.alembic_version') IS NOT NULL AS has_history \gset
\if :has_history
SELECT coalesce(json_agg(version_num), '[]') AS revisions FROM public.alembic_version \gset
\else
\set revisions []
\endif
WITH app AS (SELECT oid FROM pg_roles WHERE rolname = :'application')
SELECT json_build_object(
  'revisions', (:'revisions')::json,
  'default_privileges', ARRAY(
    SELECT ARRAY[defaclobjtype::text, privilege_type]
    FROM pg_default_acl, aclexplode(defaclacl), app
    WHERE defaclrole = to_regrole(quote_ident(:'owner')) AND defaclnamespace = 'public'::regnamespace
      AND grantee = app.oid),
  'lacking', ARRAY(
    SELECT relname FROM pg_class, app
    WHERE relnamespace = 'public'::regnamespace AND relowner = to_regrole(quote_ident(:'owner')) AND (
      CASE
        WHEN relkind IN ('r', 'p') THEN EXISTS (
          SELECT FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) privilege
          WHERE NOT has_table_privilege(app.oid, pg_class.oid, privilege))
        WHEN relkind = 'S' THEN EXISTS (
          SELECT FROM unnest(ARRAY['USAGE', 'SELECT']) privilege
          WHERE NOT has_sequence_privilege(app.oid, pg_class.oid, privilege))
        ELSE false
      END)
    ORDER BY relname));
\endif
"""
