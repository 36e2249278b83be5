-- Counts. Each move appends what it changes to lh_tally; a count is lh_lane plus the sum of lh_tally, read in one snapshot.

-- Adds lh_tally up into lh_lane, one process at a time; who comes second leaves it to the first.
CREATE OR REPLACE FUNCTION {schema}.lh_roll_up() RETURNS void LANGUAGE plpgsql AS $f$
BEGIN
  IF NOT pg_try_advisory_xact_lock({schema}.lh_work_key(1)) THEN
    RETURN;
  END IF;

  -- Beside an old snapshot no row that was rolled up can be cleaned away, and each roll-up would read all of them again.
  IF pg_relation_size('{schema}.lh_tally') > 32 * 1024 * 1024 THEN
    BEGIN
      PERFORM {schema}.lh_cut_off();
      RETURN;
    EXCEPTION WHEN lock_not_available OR insufficient_privilege THEN
      NULL; -- next time
    END;
  END IF;
  PERFORM {schema}.lh_add_up();
END $f$;

-- Empties the table for good. Writers stand still for this long at most, and it is given up when one does not end meanwhile.
CREATE OR REPLACE FUNCTION {schema}.lh_cut_off() RETURNS void LANGUAGE plpgsql SET lock_timeout = '20ms' AS $f$
BEGIN
  LOCK TABLE {schema}.lh_tally IN ACCESS EXCLUSIVE MODE;
  PERFORM {schema}.lh_add_up();
  TRUNCATE {schema}.lh_tally;
END $f$;

CREATE OR REPLACE FUNCTION {schema}.lh_add_up() RETURNS void LANGUAGE sql AS $f$
  WITH over AS (DELETE FROM {schema}.lh_tally RETURNING *),
  sums AS (
    SELECT lane, sum(waiting) AS waiting, sum(pending) AS pending, sum(running) AS running, sum(held) AS held,
      sum(completed) AS completed, sum(failed) AS failed, sum(cancelled) AS cancelled
    FROM over GROUP BY lane)
  UPDATE {schema}.lh_lane l SET
    waiting = l.waiting + s.waiting, pending = l.pending + s.pending, running = l.running + s.running, held = l.held + s.held,
    completed = l.completed + s.completed, failed = l.failed + s.failed, cancelled = l.cancelled + s.cancelled
  FROM sums s WHERE l.id = s.lane
$f$;
