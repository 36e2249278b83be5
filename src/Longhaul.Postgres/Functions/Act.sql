-- What people do to jobs.

-- Does one thing to one job. Actions: 0 cancel, 1 retry, 2 retry items, 3 restart, 4 release, 5 release and attempts 0, 6 pause, 7 resume, 8 delete.
-- Status: 0 done, 1 ordered, 2 wrong state, 3 not found, 4 key taken. arrived: the queue in which it can be claimed now.
-- Who looks for work is told at the commit, whoever's transaction it is: people act seldom.
CREATE OR REPLACE FUNCTION {schema}.lh_act(p_action int, p_id bigint, p_by text, p_reason text, p_now bigint DEFAULT NULL,
  OUT status int, OUT state smallint, OUT key_holder bigint, OUT arrived text)
LANGUAGE plpgsql AS $f$
DECLARE
  v_now bigint := {schema}.lh_now(p_now);
  v_job record;
  v_state {schema}.lh_state;
  v_asked text := (ARRAY['cancel', 'retry', 'retry items', 'restart', 'release', 'release, attempts 0', 'pause', 'resume', 'delete'])[p_action + 1]
    || coalesce(': ' || p_reason, '');
BEGIN
  IF v_asked IS NULL THEN
    RAISE EXCEPTION 'An action must be a number from 0 (cancel) to 8 (delete), but was %.', coalesce(p_action::text, 'null')
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  v_job := {schema}.lh_find(p_id);
  state := v_job.state;
  IF state IS NULL THEN
    status := 3;
    RETURN;
  END IF;

  IF state = 2 AND p_action IN (0, 6, 7) THEN
    status := {schema}.lh_order(p_action, p_id, p_by, p_reason, v_asked, v_now);
    RETURN;
  END IF;
  IF NOT (CASE p_action
      WHEN 0 THEN state IN (0, 1, 3)
      WHEN 1 THEN state IN (5, 6)
      WHEN 2 THEN state IN (4, 5) AND EXISTS (SELECT FROM {schema}.lh_state s WHERE s.id = p_id AND s.item_failures > 0)
      WHEN 4 THEN state < 4
      WHEN 5 THEN state < 4
      WHEN 6 THEN state IN (0, 1)
      WHEN 7 THEN state = 3
      ELSE true END) THEN
    status := 2;
    RETURN;
  END IF;
  IF p_action BETWEEN 1 AND 5 AND state > 3 AND (v_job.flags & 2) <> 0 AND NOT {schema}.lh_unique_revive(v_job.lane, p_id, v_now) THEN
    status := 4;
    key_holder := {schema}.lh_unique_holder_of(v_job.lane, p_id, v_now);
    RETURN;
  END IF;

  status := 0;
  IF p_action = 8 THEN
    PERFORM {schema}.lh_delete(p_id, v_job.state, v_job.lane, v_job.priority, v_job.due, v_job.flags, v_job.runs, v_job.hook_due);
    state := NULL;
    RETURN;
  END IF;

  v_state := {schema}.lh_remember_any(p_id, v_job.runs, v_now);
  PERFORM {schema}.lh_leave(p_id, v_job.state, v_job.lane, v_job.priority, v_job.due, v_job.runs, v_job.hook_due);
  v_job.flags := v_job.flags | 1 | 32;
  IF p_action IN (0, 6) THEN
    PERFORM {schema}.lh_set_reason(p_id, {schema}.lh_reason(p_by, p_reason));
    PERFORM {schema}.lh_history_add(p_id, CASE p_action WHEN 0 THEN 3 ELSE 5 END, NULL, NULL, NULL, NULL, NULL, NULL, p_by, p_reason, v_now);
    IF p_action = 0 THEN
      PERFORM {schema}.lh_cancel(p_id, v_job.lane, v_job.flags, v_state.run_number, NULL, v_job.state, v_now);
      state := 6;
    ELSE
      PERFORM {schema}.lh_to_held(p_id, v_job.lane, v_job.priority, v_job.flags, 3, v_job.state);
      state := 3;
    END IF;
    RETURN;
  END IF;

  PERFORM {schema}.lh_set_reason(p_id, NULL);
  PERFORM {schema}.lh_history_add(p_id, 7, NULL, NULL, NULL, NULL, NULL, NULL, p_by, v_asked, v_now);
  IF p_action = 7 THEN
    state := {schema}.lh_to_pending(p_id, v_job.lane, v_job.priority, v_job.flags, v_job.due, v_job.state, v_now);
  ELSE
    state := {schema}.lh_revive(p_action, v_state, v_job.lane, v_job.priority, v_job.flags, v_job.state, v_now);
  END IF;
  IF state = 1 THEN
    SELECT q.name INTO arrived FROM {schema}.lh_lane l JOIN {schema}.lh_queue q ON q.id = l.queue WHERE l.id = v_job.lane;
    PERFORM {schema}.lh_notify(ARRAY[arrived]);
  END IF;
END $f$;

-- Tells a run, whose row is locked, to end or to pause; or no longer to pause. The status. The first to cancel is remembered.
CREATE OR REPLACE FUNCTION {schema}.lh_order(p_action int, p_id bigint, p_by text, p_reason text, p_asked text, p_now bigint)
RETURNS int LANGUAGE plpgsql AS $f$
DECLARE
  v_ordered smallint := (SELECT r.ordered FROM {schema}.lh_run r WHERE r.id = p_id);
  v_order smallint := CASE p_action WHEN 0 THEN 0 WHEN 6 THEN 1 END;
BEGIN
  IF p_action = 6 AND v_ordered = 0 OR p_action = 7 AND v_ordered IS DISTINCT FROM 1 THEN
    RETURN 2;
  END IF;
  IF v_ordered IS DISTINCT FROM v_order THEN
    UPDATE {schema}.lh_run SET flags = flags | 32, ordered = v_order, ordered_at = CASE WHEN v_order IS NOT NULL THEN p_now END,
      ordered_by = CASE WHEN v_order IS NOT NULL THEN p_by END, ordered_reason = CASE WHEN v_order IS NOT NULL THEN p_reason END
    WHERE id = p_id;
  END IF;
  PERFORM {schema}.lh_history_add(p_id, 7, NULL, NULL, NULL, NULL, NULL, NULL, p_by, p_asked, p_now);
  RETURN CASE p_action WHEN 7 THEN 0 ELSE 1 END;
END $f$;

-- Makes sure of a job's row of state, with what its run, if it (or its hook) has one, adds to it.
CREATE OR REPLACE FUNCTION {schema}.lh_remember_any(p_id bigint, p_runs boolean, p_now bigint) RETURNS {schema}.lh_state LANGUAGE plpgsql AS $f$
DECLARE
  v_run {schema}.lh_run;
  v_state {schema}.lh_state;
BEGIN
  IF p_runs THEN
    SELECT * INTO v_run FROM {schema}.lh_run r WHERE r.id = p_id;
    v_state := {schema}.lh_remember(v_run, NULL, p_now);
  ELSE
    v_state := {schema}.lh_state_of(p_id, p_now);
  END IF;
  PERFORM {schema}.lh_state_save(v_state, p_now);
  RETURN v_state;
END $f$;

-- Takes a job that lh_find has locked out of the table of its state, with its hook and its run.
CREATE OR REPLACE FUNCTION {schema}.lh_leave(p_id bigint, p_state int, p_lane int, p_priority int, p_due bigint, p_runs boolean, p_hook_due bigint)
RETURNS void LANGUAGE plpgsql AS $f$
BEGIN
  IF p_runs THEN
    DELETE FROM {schema}.lh_run WHERE id = p_id; -- fences the run off
  END IF;
  IF p_state = 1 THEN
    PERFORM {schema}.lh_pending_leave(p_lane, p_priority, p_due, p_id);
  ELSIF p_state IN (0, 3) THEN
    DELETE FROM {schema}.lh_held WHERE id = p_id;
  ELSIF p_state > 3 THEN
    DELETE FROM {schema}.lh_done WHERE id = p_id;
    IF p_hook_due IS NOT NULL AND NOT p_runs THEN
      PERFORM {schema}.lh_pending_leave(p_lane, p_priority, p_hook_due, p_id);
    END IF;
  END IF;
END $f$;

-- Removes a job that lh_find has locked, whatever its state.
CREATE OR REPLACE FUNCTION {schema}.lh_delete(
  p_id bigint, p_state int, p_lane int, p_priority int, p_due bigint, p_flags int, p_runs boolean, p_hook_due bigint)
RETURNS void LANGUAGE sql AS $f$
  SELECT {schema}.lh_leave(p_id, p_state, p_lane, p_priority, p_due, p_runs, p_hook_due);
  SELECT {schema}.lh_tally_move(p_lane, p_state, NULL);
  SELECT {schema}.lh_erase(p_id, p_lane, p_flags);
$f$;

-- Makes a job that was taken out of its table pending now: retry, retry items, restart, release (1 to 5).
CREATE OR REPLACE FUNCTION {schema}.lh_revive(p_action int, p_state {schema}.lh_state, p_lane int, p_priority int, p_flags int, p_from int, p_now bigint)
RETURNS smallint LANGUAGE plpgsql AS $f$
BEGIN
  p_state.due := p_now;
  p_state.hook_due := NULL;
  p_state.hook_tries := 0;
  IF p_action <> 4 THEN
    p_state.failed_attempts := 0;
  END IF;
  IF p_action < 4 THEN
    p_state.lost_runs := 0;
  END IF;
  IF p_action = 3 THEN
    p_state.item_failures := 0;
    UPDATE {schema}.lh_state SET progress = NULL, progress_at = NULL, checkpoint = NULL, checkpoint_at = NULL,
      error_type = NULL, error_message = NULL, error_detail = NULL
    WHERE id = p_state.id;
    DELETE FROM {schema}.lh_body WHERE job = p_state.id;
    DELETE FROM {schema}.lh_item WHERE job = p_state.id;
  END IF;
  PERFORM {schema}.lh_state_save(p_state, p_now);

  IF p_state.lost_runs < 2 THEN
    p_flags := p_flags & ~16;
  END IF;
  IF p_action IN (1, 3) THEN
    p_flags := p_flags & ~(4 | 8);
  ELSIF p_action = 2 THEN
    p_flags := p_flags | 8;
  END IF;
  -- A person who releases a job, or begins it anew, does not wait for its old code.
  IF p_action > 2 AND (p_flags & 64) <> 0 THEN
    DELETE FROM {schema}.lh_hold WHERE id = p_state.id;
    p_flags := p_flags & ~64;
  END IF;
  RETURN {schema}.lh_to_pending(p_state.id, p_lane, p_priority, p_flags, p_now, p_from, p_now);
END $f$;

-- The same as one of many, each a transaction of its own: two jobs held at once, whose ranges others share, would be a way to deadlocks.
-- Status -1: another transaction stood in the way, nothing was done. Its commit does not wait for the disk; that of lh_durable, called last, does.
CREATE OR REPLACE FUNCTION {schema}.lh_act_one(p_action int, p_id bigint, p_by text, p_reason text, p_now bigint,
  OUT status int, OUT state smallint, OUT key_holder bigint, OUT arrived text)
LANGUAGE plpgsql AS $f$
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  SELECT a.status, a.state, a.key_holder, a.arrived INTO lh_act_one.status, lh_act_one.state, lh_act_one.key_holder, lh_act_one.arrived
  FROM {schema}.lh_act(p_action, p_id, p_by, p_reason, p_now) a;
EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
  status := -1;
END $f$;

-- Makes durable what was committed before.
CREATE OR REPLACE FUNCTION {schema}.lh_durable() RETURNS void LANGUAGE sql AS $f$
  SELECT pg_logical_emit_message(true, 'longhaul', '');
$f$;

-- Stops or starts the claiming from a queue, which is made when it is not there.
CREATE OR REPLACE FUNCTION {schema}.lh_pause_queue(p_queue text, p_paused boolean) RETURNS void LANGUAGE plpgsql AS $f$
DECLARE
  v_queue int := {schema}.lh_queue_of(p_queue); -- made, where there was none, before the update looks for it
BEGIN
  UPDATE {schema}.lh_queue SET paused = p_paused WHERE id = v_queue AND paused <> p_paused;
  IF NOT p_paused THEN
    PERFORM {schema}.lh_notify(ARRAY[p_queue]);
  END IF;
END $f$;
