-- psql makes a restore point (:point), and waits for at most :seconds until the repository has all of the log up to it:
-- until then there is nothing that could be restored.
\set ON_ERROR_STOP 1
SELECT pg_walfile_name(pg_create_restore_point(:'point')) AS piece \gset
SELECT set_config('backup.piece', :'piece', false), set_config('backup.seconds', :'seconds', false), pg_switch_wal() \g /dev/null
DO $$
DECLARE
  piece text := current_setting('backup.piece');
  give_up timestamptz := clock_timestamp() + current_setting('backup.seconds')::int * interval '1 second';
  waiting bigint;
BEGIN
  LOOP
    SELECT count(*) INTO waiting FROM pg_ls_archive_statusdir()
    WHERE name LIKE '%.ready' AND left(name, 24) COLLATE "C" <= piece;
    EXIT WHEN waiting = 0;
    IF clock_timestamp() > give_up THEN
      RAISE EXCEPTION 'the log up to % is not archived; of its pieces, this many wait: %', piece, waiting;
    END IF;
    PERFORM pg_sleep(0.1);
  END LOOP;
END $$;
