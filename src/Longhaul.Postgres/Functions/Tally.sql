-- Counts. Each move appends what it changes to lh_tally; a count is lh_lane plus the sum of lh_tally, read in one snapshot.

-- Adds lh_tally up into lh_lane, one process at a time; who comes second leaves it to the first.
CREATE OR REPLACE FUNCTION {schema}.lh_roll_up() RETURNS void LANGUAGE plpgsql AS $f$
BEGIN
  IF NOT pg_try_advisory_xact_lock({schema}.lh_work_key(1)) THEN
    RETURN;
  END IF;

  -- A heart waits for this: so many, and what is left is for the next time.
  IF {schema}.lh_add_up(50000) = 50000 THEN
    RETURN;
  END IF;
  -- Beside an old snapshot no row that was added up can be cleaned away, and each time all of them would be read again.
  IF pg_relation_size('{schema}.lh_tally') > 32 * 1024 * 1024 THEN
    BEGIN
      PERFORM {schema}.lh_cut_off();
    EXCEPTION WHEN lock_not_available OR insufficient_privilege THEN
      NULL; -- next time
    END;
  END IF;
END $f$;

-- Empties the table for good, when what is in it was added up but for a few rows. Writers stand still until then; it is given up when one does not
-- end within a moment.
CREATE OR REPLACE FUNCTION {schema}.lh_cut_off() RETURNS void LANGUAGE plpgsql SET lock_timeout = '20ms' AS $f$
BEGIN
  LOCK TABLE {schema}.lh_tally IN ACCESS EXCLUSIVE MODE;
  IF {schema}.lh_add_up(50000) < 50000 THEN
    TRUNCATE {schema}.lh_tally;
  END IF;
END $f$;

-- Adds so many rows up, at most. How many there were.
CREATE OR REPLACE FUNCTION {schema}.lh_add_up(p_limit int) RETURNS bigint LANGUAGE sql AS $f$
  WITH over AS (
    DELETE FROM {schema}.lh_tally WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM {schema}.lh_tally t LIMIT p_limit)) RETURNING *
  ), sums AS (
    SELECT lane, sum(waiting) AS waiting, sum(pending) AS pending, sum(running) AS running, sum(held) AS held,
      sum(completed) AS completed, sum(failed) AS failed, sum(cancelled) AS cancelled
    FROM over GROUP BY lane
  ), added AS (
    UPDATE {schema}.lh_lane l SET
      waiting = l.waiting + s.waiting, pending = l.pending + s.pending, running = l.running + s.running, held = l.held + s.held,
      completed = l.completed + s.completed, failed = l.failed + s.failed, cancelled = l.cancelled + s.cancelled
    FROM sums s WHERE l.id = s.lane
  )
  SELECT count(*) FROM over
$f$;
