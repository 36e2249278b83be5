-- Cleaning up: always in bounded transactions, of which none waits while it holds what others want.

-- Deletes finished jobs whose time is over, at most p_limit, and other rows that nothing needs. How many jobs went. more: it looked at so many
-- that it ended before it had seen all, for what was revived or deleted since is looked at too.
CREATE OR REPLACE FUNCTION {schema}.lh_prune_part(p_limit int, p_now bigint, OUT pruned int, OUT more boolean) LANGUAGE plpgsql
SET lock_timeout = '100ms' AS $f$
DECLARE
  v_now bigint := {schema}.lh_now(p_now);
  v_looked int := 0;
  v_pruned int := 0;
  e record;
BEGIN
  more := true;
  WHILE v_looked < p_limit LOOP
    DELETE FROM {schema}.lh_expiry x
    WHERE (x.at, x.number) = (
      SELECT y.at, y.number FROM {schema}.lh_expiry y WHERE NOT y.gone AND y.at <= v_now ORDER BY y.at, y.number LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING x.at, x.jobs INTO e;
    IF NOT FOUND THEN
      more := false;
      EXIT;
    END IF;
    INSERT INTO {schema}.lh_expiry (at, gone, jobs)
    SELECT e.at, false, e.jobs[p_limit - v_looked + 1:] WHERE cardinality(e.jobs) > p_limit - v_looked;
    v_pruned := v_pruned + {schema}.lh_prune_jobs(e.jobs[:p_limit - v_looked], v_now);
    v_looked := v_looked + greatest(cardinality(e.jobs), 1);
  END LOOP;

  IF NOT more AND v_pruned < p_limit THEN
    v_pruned := v_pruned + {schema}.lh_prune_many(p_limit - v_pruned, v_now);
  END IF;

  PERFORM {schema}.lh_forget(20, v_now);
  DELETE FROM {schema}.lh_unique u
  WHERE u.ctid = ANY (ARRAY(SELECT x.ctid FROM {schema}.lh_unique x WHERE x.until <= v_now LIMIT 1000 FOR UPDATE SKIP LOCKED));
  DELETE FROM {schema}.lh_session s
  WHERE s.id = ANY (ARRAY(SELECT x.id FROM {schema}.lh_session x WHERE x.ended < v_now - 3600000000 AND NOT {schema}.lh_has_left(x.id) FOR UPDATE SKIP LOCKED));
  PERFORM {schema}.lh_prune_records(v_now);
  PERFORM {schema}.lh_roll_up();
  pruned := v_pruned;
  more := more OR pruned >= p_limit;
END $f$;

-- For the release before.
CREATE OR REPLACE FUNCTION {schema}.lh_prune(p_limit int, p_now bigint DEFAULT NULL) RETURNS int LANGUAGE sql AS $f$
  SELECT p.pruned FROM {schema}.lh_prune_part(p_limit, p_now) p;
$f$;

-- Deletes those of some ended jobs whose time is over; not one that was revived or deleted since. How many.
CREATE OR REPLACE FUNCTION {schema}.lh_prune_jobs(p_jobs bigint[], p_now bigint) RETURNS int LANGUAGE plpgsql AS $f$
DECLARE
  v_jobs bigint[];
  v_failed bigint[];
  v_busy bigint[];
  v_flags int;
  v_pruned int := 0;
  v_id bigint;
BEGIN
  SELECT array_agg(d.id ORDER BY d.id) FILTER (WHERE x.id IS NOT NULL), array_agg(d.id ORDER BY d.id) FILTER (WHERE d.state = 5),
    array_agg(d.id) FILTER (WHERE x.id IS NULL AND d.state <> 5), bit_or(d.flags)
  INTO v_jobs, v_failed, v_busy, v_flags
  FROM {schema}.lh_done d
  LEFT JOIN (SELECT y.id FROM {schema}.lh_done y WHERE y.id = ANY (p_jobs) AND y.state <> 5 ORDER BY y.id FOR UPDATE SKIP LOCKED) x ON x.id = d.id
  WHERE d.id = ANY (p_jobs) AND d.expires <= p_now;

  IF v_jobs IS NOT NULL THEN
    INSERT INTO {schema}.lh_tally (lane, completed, cancelled)
    SELECT j.lane, -(count(*) FILTER (WHERE d.state = 4)), -(count(*) FILTER (WHERE d.state = 6))
    FROM {schema}.lh_done d JOIN {schema}.lh_job j ON j.id = d.id WHERE d.id = ANY (v_jobs) GROUP BY j.lane;
    DELETE FROM {schema}.lh_done d WHERE d.id = ANY (v_jobs);
    PERFORM {schema}.lh_erase_all(v_jobs, v_flags);
    v_pruned := cardinality(v_jobs);
  END IF;

  -- A failed one may have its hook pending or running.
  FOREACH v_id IN ARRAY coalesce(v_failed, '{}') LOOP
    BEGIN
      v_pruned := v_pruned + {schema}.lh_delete_failed(v_id, p_now);
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      v_busy := v_busy || v_id;
    END;
  END LOOP;

  -- Somebody acts on these now: they are looked at again in a minute.
  IF v_busy IS NOT NULL THEN
    INSERT INTO {schema}.lh_expiry (at, gone, jobs) VALUES (p_now + 60000000, false, v_busy);
  END IF;
  RETURN v_pruned;
END $f$;

-- Deletes a job, if it is (still) failed, and its time is over. How many: 1 or 0.
CREATE OR REPLACE FUNCTION {schema}.lh_delete_failed(p_id bigint, p_over bigint) RETURNS int LANGUAGE plpgsql AS $f$
DECLARE
  v_job record;
BEGIN
  v_job := {schema}.lh_find(p_id);
  IF v_job.state IS DISTINCT FROM 5 OR NOT EXISTS (SELECT FROM {schema}.lh_done d WHERE d.id = p_id AND d.expires <= p_over) THEN
    RETURN 0;
  END IF;
  PERFORM {schema}.lh_delete(p_id, v_job.state, v_job.lane, v_job.priority, v_job.due, v_job.flags, v_job.runs, v_job.hook_due);
  RETURN 1;
END $f$;

-- Removes jobs that are in no table of states any more, and all that hangs on them. Flags: those that any of them has. Not their unique
-- keys: an ended job has none, but for a window, which goes on.
CREATE OR REPLACE FUNCTION {schema}.lh_erase_all(p_ids bigint[], p_flags int) RETURNS void LANGUAGE plpgsql AS $f$
BEGIN
  IF (p_flags & 32) <> 0 THEN
    DELETE FROM {schema}.lh_tag t USING (SELECT d.id, unnest(d.tags) AS tag FROM {schema}.lh_detail d WHERE d.id = ANY (p_ids)) x
    WHERE t.tag = x.tag AND t.job = x.id;
    DELETE FROM {schema}.lh_body WHERE job = ANY (p_ids);
    DELETE FROM {schema}.lh_checkpoint WHERE job = ANY (p_ids);
    DELETE FROM {schema}.lh_log WHERE job = ANY (p_ids);
    DELETE FROM {schema}.lh_trace WHERE job = ANY (p_ids);
    DELETE FROM {schema}.lh_item WHERE job = ANY (p_ids);
    DELETE FROM {schema}.lh_history WHERE job = ANY (p_ids);
  END IF;
  IF (p_flags & 128) <> 0 THEN
    DELETE FROM {schema}.lh_detail WHERE id = ANY (p_ids);
  END IF;
  IF (p_flags & 1) <> 0 THEN
    DELETE FROM {schema}.lh_state WHERE id = ANY (p_ids);
  END IF;
  IF (p_flags & 64) <> 0 THEN
    DELETE FROM {schema}.lh_hold WHERE id = ANY (p_ids);
  END IF;
  DELETE FROM {schema}.lh_job WHERE id = ANY (p_ids);
END $f$;

-- Deletes some of the pending jobs of a queue, or with null of all: at most p_limit, none past p_last (null: the last so far, which is
-- answered), so that it ends though others come. cleared = 0: none is left.
CREATE OR REPLACE FUNCTION {schema}.lh_clear(p_queue text, p_limit int, p_last bigint DEFAULT NULL, OUT cleared int, OUT last bigint)
LANGUAGE plpgsql AS $f$
DECLARE
  v_wait boolean := false;
  v_lane int;
BEGIN
  cleared := 0;
  last := coalesce(p_last, (SELECT s.last_value FROM {schema}.lh_job_id s));
  LOOP
    FOR v_lane IN SELECT l.id FROM {schema}.lh_lane l JOIN {schema}.lh_queue q ON q.id = l.queue WHERE p_queue IS NULL OR q.name = p_queue ORDER BY l.id LOOP
      cleared := cleared + {schema}.lh_clear_lane(v_lane, p_limit - cleared, last, v_wait);
      EXIT WHEN cleared = p_limit OR v_wait AND cleared > 0;
    END LOOP;
    -- What others have locked is passed over, but not left: when nothing else is there, wait for one range, while nothing is held.
    EXIT WHEN cleared > 0 OR v_wait;
    v_wait := true;
  END LOOP;
END $f$;

-- Ranges are cut from the end, so that what is left of one stays one. Hooks of failed jobs (flag 4) stay. A range goes by its place, never by
-- its key: a job that came back may be called as the range it was the first of. Locked rows stay where they are, so no other row can go with it.
CREATE OR REPLACE FUNCTION {schema}.lh_clear_lane(p_lane int, p_limit int, p_last bigint, p_wait boolean) RETURNS int LANGUAGE plpgsql AS $f$
DECLARE
  v_cleared int := 0;
  v_part int;
  v_end bigint;
  r record;
BEGIN
  FOR r IN SELECT * FROM {schema}.lh_ranges_to_clear(p_lane, p_limit, p_last, p_wait) LOOP
    v_part := least(r.jobs, p_limit - v_cleared);
    EXIT WHEN v_part = 0;
    v_end := r.first + r.jobs;
    IF r.due_now AND v_part = r.jobs THEN
      DELETE FROM {schema}.lh_ready x WHERE x.ctid = r.at;
    ELSIF r.due_now THEN
      UPDATE {schema}.lh_ready x SET jobs = x.jobs - v_part WHERE x.ctid = r.at;
    ELSIF v_part = r.jobs THEN
      DELETE FROM {schema}.lh_later x WHERE x.ctid = r.at;
    ELSE
      UPDATE {schema}.lh_later x SET jobs = x.jobs - v_part WHERE x.ctid = r.at;
    END IF;
    IF (r.flags & 2) <> 0 THEN
      PERFORM {schema}.lh_unique_ended(p_lane, r.first); -- a job with a key is alone in its range
    END IF;
    PERFORM {schema}.lh_erase_all(ARRAY(SELECT generate_series(v_end - v_part, v_end - 1)), r.flags);
    v_cleared := v_cleared + v_part;
  END LOOP;
  IF v_cleared > 0 THEN
    PERFORM {schema}.lh_tally_move(p_lane, 1, NULL, v_cleared);
  END IF;
  RETURN v_cleared;
END $f$;

CREATE OR REPLACE FUNCTION {schema}.lh_ranges_to_clear(p_lane int, p_limit int, p_last bigint, p_wait boolean)
RETURNS TABLE (due_now boolean, at tid, first bigint, jobs int, flags int) LANGUAGE plpgsql AS $f$
BEGIN
  IF p_wait THEN
    RETURN QUERY SELECT true, x.ctid, x.id + x.taken, x.jobs - x.taken, x.flags
    FROM {schema}.lh_ready x WHERE x.lane = p_lane AND x.id <= p_last AND (x.flags & 4) = 0 LIMIT 1 FOR UPDATE;
    IF NOT FOUND THEN
      RETURN QUERY SELECT false, x.ctid, x.id, x.jobs, x.flags
      FROM {schema}.lh_later x WHERE x.lane = p_lane AND x.id <= p_last AND (x.flags & 4) = 0 LIMIT 1 FOR UPDATE;
    END IF;
  ELSE
    RETURN QUERY SELECT true, x.ctid, x.id + x.taken, x.jobs - x.taken, x.flags
    FROM {schema}.lh_ready x WHERE x.lane = p_lane AND x.id <= p_last AND (x.flags & 4) = 0 LIMIT p_limit FOR UPDATE SKIP LOCKED;
    RETURN QUERY SELECT false, x.ctid, x.id, x.jobs, x.flags
    FROM {schema}.lh_later x WHERE x.lane = p_lane AND x.id <= p_last AND (x.flags & 4) = 0 LIMIT p_limit FOR UPDATE SKIP LOCKED;
  END IF;
END $f$;

-- Deletes some of the failed jobs of a queue, or with null of all, in the order of their ids: it looks at p_limit of them, past p_after.
-- last: the last one looked at; null: there were no more.
CREATE OR REPLACE FUNCTION {schema}.lh_flush_failed(p_queue text, p_after bigint, p_limit int, OUT flushed int, OUT last bigint) LANGUAGE plpgsql AS $f$
DECLARE
  f record;
  v_looked int := 0;
BEGIN
  flushed := 0;
  FOR f IN
    SELECT d.id, p_queue IS NULL OR q.name = p_queue AS wanted
    FROM (SELECT x.id FROM {schema}.lh_done x WHERE x.state = 5 AND x.state <> 4 AND x.id > p_after ORDER BY x.id LIMIT p_limit) d
    JOIN {schema}.lh_job j ON j.id = d.id JOIN {schema}.lh_lane l ON l.id = j.lane JOIN {schema}.lh_queue q ON q.id = l.queue
    ORDER BY d.id
  LOOP
    v_looked := v_looked + 1;
    last := CASE WHEN v_looked = p_limit THEN f.id END;
    IF f.wanted THEN
      flushed := flushed + {schema}.lh_delete_failed(f.id, 9223372036854775807);
    END IF;
  END LOOP;
END $f$;
