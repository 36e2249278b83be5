-- Declares workers dead, and takes over their runs.

-- Declares dead those sessions that are to die: committed before any run of theirs is touched. Dying are the proven ones; those that a look
-- found without the lock of their life, when it is still gone; and those whose lease, or the age that a person names, is over.
-- Null: the observer itself is dead, and may recover nothing.
CREATE OR REPLACE FUNCTION {schema}.lh_bury(p_now bigint, p_observer bigint, p_proven bigint[], p_unlocked bigint[], p_older_than bigint)
RETURNS bigint[] LANGUAGE plpgsql AS $f$
DECLARE
  v_now bigint := {schema}.lh_now(p_now);
  v_start bigint := {schema}.lh_server_start(p_now);
  v_dead bigint[] := '{}';
  v_session bigint;
BEGIN
  IF p_observer IS NOT NULL AND NOT EXISTS (SELECT FROM {schema}.lh_session s WHERE s.id = p_observer AND s.state < 3) THEN
    RETURN NULL;
  END IF;
  PERFORM set_config('lock_timeout', '1s', true);
  FOR v_session IN
    SELECT s.id FROM {schema}.lh_session s
    WHERE s.state < 3 AND s.id IS DISTINCT FROM p_observer
      AND (s.id = ANY (p_proven) OR s.id = ANY (p_unlocked)
        OR CASE WHEN p_older_than IS NULL THEN v_now - greatest(s.renewed, v_start) >= s.lease ELSE v_now - s.renewed >= p_older_than END)
    ORDER BY s.id
  LOOP
    BEGIN
      -- Claims of it that are on their way end first: each takes a moment.
      PERFORM pg_advisory_xact_lock({schema}.lh_fence_key(v_session));
      UPDATE {schema}.lh_session s SET state = 3, ended = v_now, locked = false
      WHERE s.id = v_session AND s.state < 3
        AND (s.id = ANY (p_proven)
          OR (s.id = ANY (p_unlocked) AND s.locked AND {schema}.lh_life_gone(s.id))
          OR CASE WHEN p_older_than IS NULL THEN v_now - greatest(s.renewed, v_start) >= s.lease ELSE v_now - s.renewed >= p_older_than END);
      IF FOUND THEN
        v_dead := v_dead || v_session;
      END IF;
    EXCEPTION WHEN lock_not_available THEN
      NULL; -- the next look tries again
    END;
  END LOOP;
  RETURN v_dead;
END $f$;

-- Ended sessions with something left, for those who died while they recovered others.
CREATE OR REPLACE FUNCTION {schema}.lh_left_behind() RETURNS SETOF bigint LANGUAGE sql STABLE AS $f$
  SELECT x.session FROM (SELECT r.session FROM {schema}.lh_run r GROUP BY r.session UNION SELECT y.session FROM {schema}.lh_young y UNION SELECT h.session FROM {schema}.lh_hold h) x
  LEFT JOIN {schema}.lh_session s ON s.id = x.session WHERE s.id IS NULL OR s.state >= 3 ORDER BY 1;
$f$;

-- Takes over some of the runs of a dead session, suspects that had begun last. p_suspect: whether an earlier part had one. rest: 0 nothing is left,
-- 1 there is more, 2 what is left is held by somebody (a frozen process with a transaction open): for a later look.
CREATE OR REPLACE FUNCTION {schema}.lh_take_over(
  p_now bigint, p_session bigint, p_suspect boolean, p_limit int, OUT recovered bigint[], OUT failed bigint[], OUT suspect boolean, OUT rest int)
LANGUAGE plpgsql AS $f$
DECLARE
  v_now bigint := {schema}.lh_now(p_now);
  v_run {schema}.lh_run;
  v_hold {schema}.lh_hold;
  v_taken int := 0;
BEGIN
  recovered := '{}';
  failed := '{}';
  PERFORM {schema}.lh_settle_down_all(p_session);
  -- A poison job kills its worker again and again: its neighbours are not to pay for it. It is there as long as they are, whoever takes the parts.
  suspect := p_suspect OR EXISTS (SELECT FROM {schema}.lh_run r WHERE r.session = p_session AND r.begun AND (r.flags & 16) <> 0);
  FOR v_run IN SELECT * FROM {schema}.lh_run r WHERE r.session = p_session
    ORDER BY r.begun AND (r.flags & 16) <> 0, r.id LIMIT p_limit FOR UPDATE SKIP LOCKED LOOP
    v_taken := v_taken + 1;
    IF (v_run.flags & 4) <> 0 THEN
      PERFORM {schema}.lh_lose_hook(v_run, v_now);
    ELSIF {schema}.lh_lose(v_run, v_run.begun AND (NOT suspect OR (v_run.flags & 16) <> 0), v_now) THEN
      recovered := recovered || v_run.id;
    ELSE
      failed := failed || v_run.id;
    END IF;
  END LOOP;
  FOR v_hold IN SELECT * FROM {schema}.lh_hold h WHERE h.session = p_session ORDER BY h.id LIMIT p_limit LOOP
    PERFORM {schema}.lh_end_hold(v_hold.id, v_hold.token, v_now);
    v_taken := v_taken + 1;
  END LOOP;
  IF v_taken > 0 THEN
    PERFORM {schema}.lh_notify('{""}');
  END IF;
  rest := CASE WHEN v_taken >= p_limit THEN 1 WHEN EXISTS (SELECT FROM {schema}.lh_run r WHERE r.session = p_session)
      OR EXISTS (SELECT FROM {schema}.lh_young y WHERE y.session = p_session) THEN 2 ELSE 0 END;
END $f$;

-- A run is lost. False: the job has failed for it.
CREATE OR REPLACE FUNCTION {schema}.lh_lose(p_run {schema}.lh_run, p_counts boolean, p_now bigint) RETURNS boolean LANGUAGE plpgsql AS $f$
DECLARE
  v_run {schema}.lh_run := p_run;
  v_state {schema}.lh_state;
  v_lived bigint;
  v_fails boolean;
  v_message text;
BEGIN
  DELETE FROM {schema}.lh_run r WHERE r.id = v_run.id;
  -- The worker lived at its last renewal; what it did after that is not known.
  v_lived := greatest(0, coalesce((SELECT s.renewed FROM {schema}.lh_session s WHERE s.id = v_run.session), 0) - v_run.claimed);
  IF v_run.begun THEN
    PERFORM {schema}.lh_history_add(v_run.id, 6, v_run.run_number, v_run.session, v_lived, NULL, NULL, NULL, NULL, NULL, p_now);
    v_run.flags := v_run.flags | 32;
  END IF;
  v_state := {schema}.lh_remember(v_run, NULL, p_now);
  v_run.flags := v_run.flags | 1;
  IF p_counts THEN
    v_state.lost_runs := v_state.lost_runs + 1;
  END IF;
  v_fails := p_counts AND v_run.ordered IS DISTINCT FROM 0 AND v_state.lost_runs > coalesce(
    (SELECT (d.policy::json ->> 'maxLostRuns')::int FROM {schema}.lh_detail d WHERE d.id = v_run.id AND d.policy IS NOT NULL), 3);
  IF v_fails THEN
    v_state.hook_due := p_now;
  END IF;
  v_run.flags := CASE WHEN v_state.lost_runs >= 2 THEN v_run.flags | 16 ELSE v_run.flags & ~16 END;
  PERFORM {schema}.lh_state_save(v_state, p_now);
  IF v_fails THEN
    v_message := 'its worker died ' || v_state.lost_runs || ' times';
    PERFORM {schema}.lh_history_add(v_run.id, 2, v_run.run_number, v_run.session, v_lived, 'lost', v_message, NULL, NULL, NULL, p_now);
    PERFORM {schema}.lh_set_error(v_run.id, 'lost', v_message, NULL);
    PERFORM {schema}.lh_fail(v_run.id, v_run.lane, v_run.priority, v_run.flags, v_run.run_number, NULL, true, 2, p_now);
    RETURN false;
  END IF;

  IF v_run.ordered IS NOT NULL THEN
    PERFORM {schema}.lh_set_reason(v_run.id, {schema}.lh_reason(v_run.ordered_by, v_run.ordered_reason));
  END IF;
  IF v_run.ordered = 0 THEN
    PERFORM {schema}.lh_cancel(v_run.id, v_run.lane, v_run.flags, v_run.run_number, NULL, 2, p_now);
  ELSIF v_run.ordered = 1 THEN
    PERFORM {schema}.lh_to_held(v_run.id, v_run.lane, v_run.priority, v_run.flags, 3, 2);
  ELSE
    PERFORM {schema}.lh_to_pending(v_run.id, v_run.lane, v_run.priority, v_run.flags, v_run.due, 2, p_now);
  END IF;
  RETURN true;
END $f$;

-- A run of a failed job's hook is lost: a try, when it had begun.
CREATE OR REPLACE FUNCTION {schema}.lh_lose_hook(p_run {schema}.lh_run, p_now bigint) RETURNS void LANGUAGE plpgsql AS $f$
DECLARE
  v_state {schema}.lh_state;
BEGIN
  DELETE FROM {schema}.lh_run r WHERE r.id = p_run.id;
  v_state := {schema}.lh_remember(p_run, NULL, p_now);
  IF p_run.begun THEN
    v_state.hook_tries := v_state.hook_tries + 1;
  END IF;
  v_state.hook_due := CASE WHEN v_state.hook_tries < 3 THEN p_run.due END;
  PERFORM {schema}.lh_state_save(v_state, p_now);
  IF v_state.hook_due IS NOT NULL THEN
    PERFORM {schema}.lh_hook_to_pending(p_run.id, p_run.lane, p_run.priority, p_run.flags, v_state.hook_due, p_now);
  END IF;
END $f$;

-- All of it at once, for SQL: in one transaction, so that a dead session's late writes wait, and find it dead. How many jobs.
CREATE OR REPLACE FUNCTION {schema}.lh_recover(p_now bigint, p_older_than bigint) RETURNS int LANGUAGE plpgsql AS $f$
DECLARE
  v_jobs int := 0;
  v_session bigint;
  v_taken record;
BEGIN
  PERFORM {schema}.lh_bury(p_now, NULL, '{}', '{}', p_older_than);
  FOR v_session IN SELECT * FROM {schema}.lh_left_behind() LOOP
    v_taken := {schema}.lh_take_over(p_now, v_session, false, 2147483647);
    v_jobs := v_jobs + cardinality(v_taken.recovered) + cardinality(v_taken.failed);
  END LOOP;
  RETURN v_jobs;
END $f$;
