#!/bin/bash
# Makes a database beside another one that has its schema, owners, privileges and revision, and none of its rows. One of
# that name, which a killed run has left, goes first. To be run as the superuser: scratch.sh DATABASE SCRATCH FREE_MIB
# Says in one line what is in the way: the room that the migrations may need, or a pg_hba.conf that lets nobody in.
set -euo pipefail
database=$1 scratch=$2 free_mib=$3

sql() {
  psql --no-psqlrc --quiet --no-align --tuples-only --set=ON_ERROR_STOP=1 \
    --set=database="$database" --set=scratch="$scratch" --dbname="$1" --file=-
}

refuse() {
  echo "$1" >&2
  exit 1
}

# An index, or a table that is written anew, takes as much again as the largest table does with its own.
largest=$(sql "$database" <<<"SELECT coalesce(max(pg_total_relation_size(oid)), 0) FROM pg_class WHERE relkind = 'r'")
data=$(sql "$database" <<<"SHOW data_directory")
free=$(($(df --output=avail --block-size=1 "$data" | tail -n 1) / 1048576))
needed=$((largest / 1048576 + free_mib))
[ "$free" -ge "$needed" ] ||
  refuse "The database's file system has $free MiB left, and migrations may need $needed: enlarge it, or lower rehearsal_free_mib."

sql postgres <<<'DROP DATABASE IF EXISTS :"scratch" WITH (FORCE);'

[ "$(sql postgres <<<"SELECT EXISTS (SELECT FROM pg_hba_file_rules WHERE database && ARRAY['all', :'scratch'] AND type = 'hostssl')")" = t ] ||
  refuse "pg_hba.conf does not let the backends into $scratch yet: run playbooks/deploy.yml with the release that serves."

sql postgres <<'SQL'
SELECT format('CREATE DATABASE %I OWNER %I', :'scratch', pg_get_userbyid(datdba))
FROM pg_database WHERE datname = :'database' \gexec
REVOKE ALL ON DATABASE :"scratch" FROM PUBLIC;
SELECT format('GRANT %s ON DATABASE %I TO %s', privilege_type, :'scratch',
  CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END)
FROM pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba))) WHERE datname = :'database' \gexec
SQL

pg_dump --schema-only --lock-wait-timeout=5s "$database" | sql "$scratch" >/dev/null
pg_dump --data-only --table=public.alembic_version --lock-wait-timeout=5s "$database" | sql "$scratch" >/dev/null
