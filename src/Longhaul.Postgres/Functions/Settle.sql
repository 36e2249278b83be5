-- How runs end. Outcomes: 0 completed, 1 retry, 2 failed, 3 cancelled, 4 handed back, 5 yielded, 6 paused. Orders: 0 cancel, 1 pause.

-- A job's run, locked, when it is that of this token and its session is alive; null: it is not.
CREATE OR REPLACE FUNCTION {schema}.lh_current(p_id bigint, p_token bigint) RETURNS {schema}.lh_run LANGUAGE plpgsql AS $f$
DECLARE
  v_run {schema}.lh_run;
BEGIN
  SELECT * INTO v_run FROM {schema}.lh_run r WHERE r.id = p_id AND r.token = p_token FOR UPDATE;
  IF NOT FOUND AND p_token >= 0 THEN
    PERFORM {schema}.lh_settle_down(p_id);
    SELECT * INTO v_run FROM {schema}.lh_run r WHERE r.id = p_id AND r.token = p_token FOR UPDATE;
  END IF;
  IF NOT FOUND OR NOT EXISTS (SELECT FROM {schema}.lh_session s WHERE s.id = v_run.session AND s.state < 3) THEN
    RETURN NULL;
  END IF;
  RETURN v_run;
END $f$;

-- Ends a run whose row the caller has locked, and gives the job's state. p_settled_by is its token, or null where nobody settled it.
-- Durations and delays in microseconds; text is clean.
CREATE OR REPLACE FUNCTION {schema}.lh_run_end(
  p_run {schema}.lh_run, p_outcome int, p_delay bigint, p_error_type text, p_error_message text, p_error_detail text, p_retention bigint,
  p_hook boolean, p_reason text, p_duration bigint, p_code_runs boolean, p_settled_by bigint, p_now bigint)
RETURNS smallint LANGUAGE plpgsql AS $f$
DECLARE
  v_run {schema}.lh_run := p_run;
  v_state {schema}.lh_state;
  v_outcome int := p_outcome;
  v_due bigint;
BEGIN
  DELETE FROM {schema}.lh_run r WHERE r.id = v_run.id;
  IF p_code_runs THEN
    INSERT INTO {schema}.lh_hold (id, token, session) VALUES (v_run.id, v_run.token, v_run.session)
    ON CONFLICT (id) DO UPDATE SET token = excluded.token, session = excluded.session;
    v_run.flags := v_run.flags | 64 | 1;
  END IF;

  IF (v_run.flags & 4) <> 0 THEN
    -- The hook of a failed job: whatever its end, the job stays as it is.
    v_state := {schema}.lh_remember(v_run, p_settled_by, p_now);
    v_run.flags := v_run.flags | 1;
    v_state.hook_due := NULL;
    IF p_outcome = 1 THEN
      v_state.hook_tries := v_state.hook_tries + 1;
      IF v_state.hook_tries < 3 THEN
        v_state.hook_due := {schema}.lh_after(p_now, p_delay);
      END IF;
    ELSIF p_outcome IN (4, 5, 6) THEN
      v_state.hook_due := v_run.due;
    END IF;
    PERFORM {schema}.lh_state_save(v_state, p_now);
    PERFORM {schema}.lh_hook_ended(v_run, v_state.hook_due, p_now);
    RETURN 5;
  END IF;

  IF v_run.ordered = 0 AND v_outcome IN (1, 4, 5, 6) THEN
    v_outcome := 3;
  ELSIF v_run.ordered = 1 AND v_outcome IN (1, 4, 5) THEN
    v_outcome := 6;
  ELSIF v_run.ordered IS NULL AND v_outcome = 6 THEN
    v_outcome := 4; -- the order was withdrawn
  END IF;

  IF p_error_type IS NOT NULL OR p_duration > 1000000 OR (v_run.ordered IS NOT NULL AND v_outcome IN (3, 6)) THEN
    v_run.flags := v_run.flags | 32;
    PERFORM {schema}.lh_history_add(v_run.id, (ARRAY[0, 1, 2, 3, 4, 4, 5])[v_outcome + 1], v_run.run_number, v_run.session, p_duration,
      p_error_type, p_error_message, p_error_detail, v_run.ordered_by, CASE WHEN v_run.ordered IS NULL THEN p_reason ELSE v_run.ordered_reason END, p_now);
  END IF;

  IF v_outcome = 0 THEN
    IF (v_run.flags & 1) <> 0 THEN
      PERFORM {schema}.lh_state_save({schema}.lh_remember(v_run, v_run.token, p_now), p_now);
      UPDATE {schema}.lh_state SET error_type = NULL, error_message = NULL, error_detail = NULL, reason = NULL
      WHERE id = v_run.id AND (error_type IS NOT NULL OR reason IS NOT NULL);
    END IF;
    PERFORM {schema}.lh_complete(v_run.id, v_run.lane, v_run.flags, v_run.run_number, v_run.token, p_retention, p_now);
    RETURN 4;
  END IF;

  v_state := {schema}.lh_remember(v_run, p_settled_by, p_now);
  v_run.flags := v_run.flags | 1;
  IF p_outcome IN (1, 2) THEN
    v_state.failed_attempts := v_state.failed_attempts + 1;
  END IF;
  v_due := CASE WHEN v_outcome = 3 THEN v_run.due WHEN p_outcome = 1 THEN {schema}.lh_after(p_now, p_delay) WHEN p_outcome = 5 THEN p_now ELSE v_run.due END; -- a retry that is paused waits out its delay after the resume
  IF v_due <> v_run.due THEN
    v_state.due := v_due;
  END IF;
  IF v_outcome = 2 AND p_hook THEN
    v_state.hook_due := p_now;
  END IF;
  PERFORM {schema}.lh_state_save(v_state, p_now);
  IF p_outcome IN (1, 2) THEN
    PERFORM {schema}.lh_set_error(v_run.id, p_error_type, p_error_message, p_error_detail);
  END IF;
  IF v_outcome IN (3, 6) THEN
    PERFORM {schema}.lh_set_reason(v_run.id, CASE WHEN v_run.ordered IS NULL THEN p_reason ELSE {schema}.lh_reason(v_run.ordered_by, v_run.ordered_reason) END);
  END IF;

  IF v_outcome = 2 THEN
    PERFORM {schema}.lh_fail(v_run.id, v_run.lane, v_run.priority, v_run.flags, v_run.run_number, v_run.token, p_hook, 2, p_now);
    RETURN 5;
  ELSIF v_outcome = 3 THEN
    PERFORM {schema}.lh_cancel(v_run.id, v_run.lane, v_run.flags, v_run.run_number, p_settled_by, 2, p_now);
    RETURN 6;
  ELSIF v_outcome = 6 THEN
    PERFORM {schema}.lh_to_held(v_run.id, v_run.lane, v_run.priority, v_run.flags, 3, 2);
    RETURN 3;
  END IF;
  RETURN {schema}.lh_to_pending(v_run.id, v_run.lane, v_run.priority, v_run.flags, v_due, 2, p_now);
END $f$;

-- A run of a failed job's hook has ended. p_due: when it is to run again, null: it is not. The flags of the run say whether its code goes on.
CREATE OR REPLACE FUNCTION {schema}.lh_hook_ended(p_run {schema}.lh_run, p_due bigint, p_now bigint) RETURNS void LANGUAGE plpgsql AS $f$
BEGIN
  IF (p_run.flags & 64) <> 0 THEN
    UPDATE {schema}.lh_done d SET flags = d.flags | 64 WHERE d.id = p_run.id;
  ELSIF p_due IS NOT NULL THEN
    PERFORM {schema}.lh_hook_to_pending(p_run.id, p_run.lane, p_run.priority, p_run.flags, p_due, p_now);
  END IF;
END $f$;

-- Hands a run back for a worker that leaves without settling it: its token has settled nothing.
CREATE OR REPLACE FUNCTION {schema}.lh_hand_back(p_run {schema}.lh_run, p_reason text, p_now bigint) RETURNS smallint LANGUAGE sql AS $f$
  SELECT {schema}.lh_run_end(p_run, 4, 0, NULL, NULL, NULL, 0, false, p_reason, p_now - p_run.claimed, false, NULL, p_now);
$f$;

-- The answer to a token that is not that of the job's run: it may have settled before. The state; null: its lease is lost.
CREATE OR REPLACE FUNCTION {schema}.lh_settled_before(p_id bigint, p_token bigint) RETURNS smallint LANGUAGE plpgsql AS $f$
DECLARE
  v_job record;
BEGIN
  SELECT CASE WHEN d.id IS NOT NULL THEN d.state WHEN r.id IS NOT NULL THEN 2 WHEN h.id IS NOT NULL THEN h.state ELSE 1 END AS state,
    d.token AS done_by, s.settled_token AS settled_by
  INTO v_job
  FROM {schema}.lh_job j LEFT JOIN {schema}.lh_done_at(j.id) d ON true LEFT JOIN {schema}.lh_run_at(j.id) r ON true
    LEFT JOIN {schema}.lh_held h ON h.id = j.id LEFT JOIN {schema}.lh_state s ON s.id = j.id
  WHERE j.id = p_id;
  IF FOUND THEN
    RETURN CASE WHEN p_token = v_job.done_by OR p_token = v_job.settled_by THEN v_job.state END;
  END IF;
  RETURN (SELECT 4 FROM {schema}.lh_gone g WHERE g.id = p_id AND g.token = p_token);
END $f$;

-- Forgets plain jobs that have completed and are not to be kept: their ids, nonces and tokens stay for ten minutes.
CREATE OR REPLACE FUNCTION {schema}.lh_let_go(p_ids bigint[], p_tokens bigint[], p_now bigint) RETURNS void LANGUAGE plpgsql
SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $f$
BEGIN
  WITH job AS (
    DELETE FROM {schema}.lh_job j USING unnest(p_ids, p_tokens) AS g (id, token) WHERE j.id = g.id RETURNING j.id, j.nonce, g.token
  )
  INSERT INTO {schema}.lh_gone (id, nonce, token, expires) SELECT j.id, j.nonce, j.token, p_now + 600000000 FROM job j;
  DELETE FROM {schema}.lh_detail d USING unnest(p_ids) AS g (id) WHERE d.id = g.id;
  PERFORM {schema}.lh_expires(p_now + 600000000, true, p_ids, p_now);
END $f$;

-- Plain completions in columns, sorted by id: runs that were short and left nothing but their end. Answers null when all are settled, else the
-- ids of those that are; the others are for lh_settle. Retention 0: the job is gone at once.
CREATE OR REPLACE FUNCTION {schema}.lh_settle_plain(p_now bigint, p_ids bigint[], p_tokens bigint[], p_retentions bigint[]) RETURNS bigint[]
LANGUAGE plpgsql
SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off SET plan_cache_mode = force_generic_plan AS $f$
DECLARE
  v_now bigint := {schema}.lh_now(p_now);
  v_ids bigint[];
  v_tokens bigint[];
  v_lanes int[];
  v_expires bigint[];
BEGIN
  -- Found one by one, as in lh_settle_young.
  WITH k AS MATERIALIZED (
    SELECT k.token, k.retention, f.at FROM unnest(p_ids, p_tokens, p_retentions) AS k (id, token, retention)
    CROSS JOIN LATERAL (
      SELECT r.ctid AS at FROM {schema}.lh_run r
      WHERE r.id = k.id AND r.token = k.token AND (r.flags & ~384) = 0 AND (SELECT s.state < 3 FROM {schema}.lh_session s WHERE s.id = r.session)
      LIMIT 1
    ) f
  ), ended AS (
    DELETE FROM {schema}.lh_run r USING k WHERE r.ctid = k.at AND r.token = k.token AND (r.flags & ~384) = 0
    RETURNING r.id, r.token, r.lane, r.flags, least(v_now + k.retention, 253402300799999999) AS expires
  ), done AS (
    INSERT INTO {schema}.lh_done (id, token, finished, expires, flags, run_number, state)
    SELECT e.id, e.token, v_now, e.expires, e.flags, 1, 4 FROM ended e WHERE e.expires > v_now
  )
  SELECT array_agg(e.id), array_agg(e.lane), array_agg(e.expires), array_agg(e.token) INTO v_ids, v_lanes, v_expires, v_tokens FROM ended e;
  IF v_ids IS NULL THEN
    RETURN '{}';
  END IF;
  IF v_now = ANY (v_expires) THEN
    INSERT INTO {schema}.lh_tally (lane, running, completed)
    SELECT l, -count(*), count(*) FILTER (WHERE at > v_now) FROM unnest(v_lanes, v_expires) AS e (l, at) GROUP BY l;
    INSERT INTO {schema}.lh_expiry (at, gone, jobs) SELECT e.at, false, array_agg(e.id) FROM unnest(v_expires, v_ids) AS e (at, id) WHERE e.at > v_now GROUP BY e.at;
    PERFORM {schema}.lh_let_go(array_agg(e.id ORDER BY e.id), array_agg(e.token ORDER BY e.id), v_now)
    FROM unnest(v_ids, v_tokens, v_expires) AS e (id, token, at) WHERE e.at = v_now;
    RETURN CASE WHEN cardinality(v_ids) < cardinality(p_ids) THEN v_ids END;
  END IF;
  IF v_lanes[1] = ALL(v_lanes) AND v_expires[1] = ALL(v_expires) THEN
    INSERT INTO {schema}.lh_tally (lane, running, completed) VALUES (v_lanes[1], -cardinality(v_ids), cardinality(v_ids));
    INSERT INTO {schema}.lh_expiry (at, gone, jobs) VALUES (v_expires[1], false, v_ids);
  ELSE
    INSERT INTO {schema}.lh_tally (lane, running, completed) SELECT l, -count(*), count(*) FROM unnest(v_lanes) l GROUP BY l;
    INSERT INTO {schema}.lh_expiry (at, gone, jobs) SELECT e.at, false, array_agg(e.id) FROM unnest(v_expires, v_ids) AS e (at, id) GROUP BY e.at;
  END IF;
  RETURN CASE WHEN cardinality(v_ids) < cardinality(p_ids) THEN v_ids END;
END $f$;

-- Ends runs, each with its update and on its own, in the order of their ids; those of one run in the order given. The updates are in the
-- columns of lh_flush (p_has_update says for whom). Status (SettleStatus): 0 settled, 1 already yours, 2 lease lost, 3 refused, for that reason.
CREATE OR REPLACE FUNCTION {schema}.lh_settle(
  p_now bigint, p_ids bigint[], p_tokens bigint[], p_outcomes smallint[], p_delays bigint[], p_error_types text[], p_error_messages text[],
  p_error_details text[], p_retentions bigint[], p_hooks boolean[], p_reasons text[], p_durations bigint[], p_code_runs boolean[], p_has_update boolean[],
  p_headway boolean[], p_progress text[], p_checkpoints text[], p_orders bigint[], p_keep boolean[], p_phases text[], p_results text[],
  p_log_of int[], p_log_at bigint[], p_log_level smallint[], p_log_text text[], p_rows text, p_child_of int[], p_children text)
RETURNS TABLE (at int, status smallint, state smallint, lane int, refusal text) LANGUAGE plpgsql
SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan AS $f$
#variable_conflict use_column
DECLARE
  v_now bigint := {schema}.lh_now(p_now);
  v_run {schema}.lh_run;
  v_end record;
BEGIN
  -- All runs before any range of the queue, which jobs share: who holds a run may wait for a range, so nobody waits the other way round.
  PERFORM {schema}.lh_settle_down(y.id) FROM (SELECT u.id FROM unnest(p_ids, p_tokens) AS u (id, token) WHERE u.token >= 0 ORDER BY u.id) y;
  PERFORM FROM {schema}.lh_run r WHERE r.id = ANY (p_ids) ORDER BY r.id FOR UPDATE;
  FOR v_end IN
    SELECT u.* FROM unnest(p_ids, p_tokens, p_outcomes, p_delays, p_error_types, p_error_messages, p_error_details, p_retentions, p_hooks, p_reasons,
        p_durations, p_code_runs, p_has_update, p_headway, p_progress, p_checkpoints, p_orders, p_keep, p_phases, p_results) WITH ORDINALITY
      AS u (id, token, outcome, delay, error_type, error_message, error_detail, retention, hook, reason,
        duration, code_runs, has_update, headway, progress, checkpoint, ord, keep, phase, result, n)
    ORDER BY u.id, u.n
  LOOP
    at := v_end.n;
    refusal := NULL;
    lane := NULL;
    v_run := {schema}.lh_current(v_end.id, v_end.token);
    IF v_run.id IS NULL THEN
      state := {schema}.lh_settled_before(v_end.id, v_end.token);
      status := CASE WHEN state IS NULL THEN 2 ELSE 1 END;
      RETURN NEXT;
      CONTINUE;
    END IF;

    IF v_end.has_update THEN
      BEGIN
        v_run := {schema}.lh_tell(v_run, at, v_end.headway, v_end.progress, v_end.checkpoint, v_end.ord, v_end.keep, v_end.phase, v_end.result,
          p_log_of, p_log_at, p_log_level, p_log_text, p_rows, p_child_of, p_children, v_now);
      EXCEPTION WHEN SQLSTATE 'LH002' THEN
        refusal := SQLERRM;
        status := 3;
        state := NULL;
        RETURN NEXT;
        CONTINUE;
      END;
    END IF;
    lane := v_run.lane;
    state := {schema}.lh_run_end(v_run, v_end.outcome, v_end.delay, v_end.error_type, v_end.error_message, v_end.error_detail, v_end.retention,
      v_end.hook, v_end.reason, v_end.duration, v_end.code_runs, v_end.token, v_now);
    status := 0;
    RETURN NEXT;
  END LOOP;
END $f$;
