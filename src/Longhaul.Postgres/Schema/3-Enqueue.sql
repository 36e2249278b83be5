-- Enqueue from any language, inside the caller's own transaction: the job commits with the caller's data, and workers are told at the commit.
-- A rollback, also to a savepoint, takes it back. All run with the rights of the schema's owner: whoever may call them needs no other right.
-- (A further option makes another function of the same name: a migration must then drop the one before.)

CREATE OR REPLACE FUNCTION {schema}.lh_refuse(p_must text, p_code text DEFAULT 'invalid_parameter_value') RETURNS void LANGUAGE plpgsql AS $f$
BEGIN
  RAISE EXCEPTION '%', p_must USING ERRCODE = p_code;
END $f$;

CREATE OR REPLACE FUNCTION {schema}.lh_check_name(p_what text, p_name text) RETURNS void LANGUAGE plpgsql AS $f$
BEGIN
  IF p_name IS NULL OR p_name !~ '^[A-Za-z0-9._:/-]{1,128}$' THEN
    PERFORM {schema}.lh_refuse(format('%s must be 1–128 characters of A-Z a-z 0-9 . _ - : /, but was %s.', p_what, coalesce(quote_literal(left(p_name, 200)), 'null')));
  END IF;
END $f$;

CREATE OR REPLACE FUNCTION {schema}.lh_check_payload(p_name text, p_payload text) RETURNS void LANGUAGE plpgsql AS $f$
DECLARE
  v_detail text;
BEGIN
  IF p_payload IS NULL THEN
    PERFORM {schema}.lh_refuse(format('The payload of job "%s" must be JSON, but is null. Give {} where the job needs no data.', p_name));
  END IF;
  IF octet_length(convert_to(p_payload, 'UTF8')) > 1048576 THEN
    PERFORM {schema}.lh_refuse(format('The payload of job "%s" must be at most 1,048,576 bytes of JSON, but has %s. Keep the data elsewhere, and give the job what it is found by.',
      p_name, octet_length(convert_to(p_payload, 'UTF8'))));
  END IF;
  PERFORM p_payload::json;
EXCEPTION WHEN invalid_text_representation OR untranslatable_character THEN
  GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL;
  PERFORM {schema}.lh_refuse(format('The payload of job "%s" must be valid JSON, but is not: %s', p_name, coalesce(nullif(left(v_detail, 200), ''), sqlerrm || '.')));
END $f$;

-- A span in the form in which a job's policy has it, microseconds included: 1.02:03:04.0050000.
CREATE OR REPLACE FUNCTION {schema}.lh_span(p_what text, p_span interval, p_over_zero boolean DEFAULT false) RETURNS text LANGUAGE plpgsql AS $f$
DECLARE
  v_us bigint;
BEGIN
  IF p_span IS NULL THEN
    RETURN NULL;
  END IF;
  IF p_span < interval '0' OR p_over_zero AND p_span = interval '0' THEN
    PERFORM {schema}.lh_refuse(format('%s must %s, but was %s.', p_what, CASE WHEN p_over_zero THEN 'be over zero' ELSE 'not be negative' END, p_span));
  END IF;
  IF p_span > interval '36500 days' THEN
    PERFORM {schema}.lh_refuse(format('%s must be at most 36,500 days, but was %s.', p_what, p_span));
  END IF;
  v_us := (extract(epoch FROM p_span) * 1000000)::bigint;
  RETURN v_us / 86400000000 || '.' || to_char(v_us / 3600000000 % 24, 'FM00') || ':' || to_char(v_us / 60000000 % 60, 'FM00') || ':'
    || to_char(v_us / 1000000 % 60, 'FM00') || '.' || to_char(v_us % 1000000 * 10, 'FM0000000');
END $f$;

CREATE OR REPLACE FUNCTION {schema}.lh_check_number(p_what text, p_number numeric, p_least numeric, p_most numeric) RETURNS void LANGUAGE plpgsql AS $f$
BEGIN
  IF p_number < p_least OR p_number > p_most THEN
    PERFORM {schema}.lh_refuse(format('%s must be from %s to %s, but was %s.', p_what, p_least, p_most, p_number));
  END IF;
END $f$;

CREATE OR REPLACE FUNCTION {schema}.lh_check_tags(p_tags text[]) RETURNS void LANGUAGE plpgsql AS $f$
DECLARE
  v_tag text;
BEGIN
  IF cardinality(p_tags) > 16 THEN
    PERFORM {schema}.lh_refuse(format('Tags must be at most 16, but there are %s.', cardinality(p_tags)));
  END IF;
  FOREACH v_tag IN ARRAY coalesce(p_tags, '{}') LOOP
    IF v_tag IS NULL OR length(v_tag) NOT BETWEEN 1 AND 64 OR v_tag ~ '[[:cntrl:]]' THEN
      PERFORM {schema}.lh_refuse(format('A tag must have 1–64 characters and no control characters, but one is %s.', coalesce(quote_literal(left(v_tag, 200)), 'null')));
    END IF;
  END LOOP;
END $f$;

-- The moment from which on a job is due, in microseconds; null: at once.
CREATE OR REPLACE FUNCTION {schema}.lh_due(p_now bigint, p_delay interval, p_run_at timestamptz) RETURNS bigint LANGUAGE plpgsql AS $f$
BEGIN
  IF p_delay IS NOT NULL AND p_run_at IS NOT NULL THEN
    PERFORM {schema}.lh_refuse('delay and run_at must not be given together, but both are. Keep the one that you mean.');
  END IF;
  IF p_delay IS NOT NULL THEN
    PERFORM {schema}.lh_span('delay', p_delay);
    RETURN p_now + (extract(epoch FROM p_delay) * 1000000)::bigint;
  END IF;
  IF p_run_at IS NOT NULL AND (NOT isfinite(p_run_at) OR p_run_at < timestamptz '1970-01-01 00:00Z' OR p_run_at > to_timestamp(p_now / 1000000.0) + interval '36500 days') THEN
    PERFORM {schema}.lh_refuse(format('run_at must be a moment from 1970 to 36,500 days from now, but was %s.', p_run_at));
  END IF;
  RETURN (extract(epoch FROM p_run_at) * 1000000)::bigint;
END $f$;

-- Under row level security a job has the owner in whose name the caller works; only workers may write others'.
CREATE OR REPLACE FUNCTION {schema}.lh_check_owner(p_owner text, p_continue bigint) RETURNS void LANGUAGE plpgsql AS $f$
DECLARE
  v_owner text := nullif(current_setting('longhaul.owner', true), '');
BEGIN
  IF p_owner IS NOT NULL THEN
    PERFORM {schema}.lh_check_name('owner', p_owner);
  END IF;
  IF NOT (SELECT c.relrowsecurity FROM pg_class c WHERE c.oid = '{schema}.lh_job'::regclass) OR {schema}.lh_is_worker() THEN
    RETURN;
  END IF;
  IF {schema}.lh_caller() = current_user AND current_setting('longhaul.maintenance', true) IS DISTINCT FROM 'on' THEN
    PERFORM {schema}.lh_refuse('The role that owns the schema must not work as one of its users under row level security. Connect as a producer or a worker.', 'insufficient_privilege');
  END IF;
  IF v_owner IS NULL OR p_owner IS DISTINCT FROM v_owner THEN
    PERFORM {schema}.lh_refuse(format(
      'owner must be the one that longhaul.owner is set to, but is %s while that is %s. Run SET LOCAL longhaul.owner = … in the transaction, and pass the same as owner.',
      coalesce(quote_literal(p_owner), 'null'), coalesce(quote_literal(v_owner), 'not set')), 'insufficient_privilege');
  END IF;
  IF p_continue IS NOT NULL AND NOT EXISTS (SELECT FROM {schema}.lh_detail d WHERE d.id = p_continue AND d.owner = v_owner) THEN
    PERFORM {schema}.lh_refuse(format('continue_from must name a job that is in the store, but there is no job %s. It may be past its retention: enqueue without it to begin anew.', p_continue));
  END IF;
END $f$;

CREATE OR REPLACE FUNCTION {schema}.lh_is_worker() RETURNS boolean LANGUAGE plpgsql AS $f$
BEGIN
  RETURN EXISTS (
    SELECT FROM {schema}.lh_role r JOIN pg_roles p ON p.rolname = r.role WHERE r.kind = 'worker' AND pg_has_role({schema}.lh_caller(), p.oid, 'MEMBER'));
END $f$;

-- The number of a unique scope.
CREATE OR REPLACE FUNCTION {schema}.lh_check_unique(p_key text, p_scope text, p_for interval) RETURNS int LANGUAGE plpgsql AS $f$
DECLARE
  v_scope int := array_position(ARRAY['until_started', 'until_finished', 'window'], translate(lower(coalesce(p_scope, 'until_finished')), ' -', '__')) - 1;
BEGIN
  IF v_scope IS NULL THEN
    PERFORM {schema}.lh_refuse(format('unique_scope must be until_started, until_finished or window, but was %s.', quote_literal(left(p_scope, 200))));
  END IF;
  IF p_key IS NOT NULL AND (length(p_key) NOT BETWEEN 1 AND 256 OR p_key ~ '[[:cntrl:]]') THEN
    PERFORM {schema}.lh_refuse(format('unique_key must have 1–256 characters and no control characters, but has %s. Use a hash of what is longer.', length(p_key)));
  END IF;
  IF (p_key IS NOT NULL AND v_scope = 2) <> (p_for IS NOT NULL) THEN
    PERFORM {schema}.lh_refuse('unique_for must come with unique_key and unique_scope => ''window'', and these with it. Give all three, or leave unique_for out.');
  END IF;
  PERFORM {schema}.lh_span('unique_for', p_for, true);
  RETURN v_scope;
END $f$;

-- What differs from the defaults, as the program writes it.
CREATE OR REPLACE FUNCTION {schema}.lh_policy(
  p_max_attempts int, p_retry_delay interval, p_max_retry_delay interval, p_retry_jitter float8, p_timeout interval, p_shutdown_timeout interval,
  p_stall_after interval, p_max_lost_runs int, p_retention interval)
RETURNS text LANGUAGE plpgsql AS $f$
BEGIN
  PERFORM {schema}.lh_check_number('max_attempts', p_max_attempts, 1, 2147483647);
  PERFORM {schema}.lh_check_number('max_lost_runs', p_max_lost_runs, 0, 2147483647);
  IF NOT p_retry_jitter BETWEEN 0 AND 1 THEN
    PERFORM {schema}.lh_refuse(format('retry_jitter must be from 0 to 1, but was %s. 0.1 makes each delay up to 10 %% shorter.', p_retry_jitter));
  END IF;
  RETURN jsonb_strip_nulls(jsonb_build_object('maxAttempts', p_max_attempts, 'retryDelay', {schema}.lh_span('retry_delay', p_retry_delay),
    'maxRetryDelay', {schema}.lh_span('max_retry_delay', p_max_retry_delay), 'retryJitter', p_retry_jitter, 'timeout', {schema}.lh_span('timeout', p_timeout, true),
    'shutdownTimeout', {schema}.lh_span('shutdown_timeout', p_shutdown_timeout), 'stallAfter', {schema}.lh_span('stall_after', p_stall_after, true),
    'maxLostRuns', p_max_lost_runs, 'retention', {schema}.lh_span('retention', p_retention)))::text;
END $f$;

-- One job. Its id; or that of the job that has the unique key already.
CREATE OR REPLACE FUNCTION {schema}.enqueue(
  name text, payload text, queue text DEFAULT 'default', priority int DEFAULT 100, delay interval DEFAULT NULL, run_at timestamptz DEFAULT NULL,
  unique_key text DEFAULT NULL, unique_scope text DEFAULT 'until_finished', unique_for interval DEFAULT NULL, owner text DEFAULT NULL,
  tags text[] DEFAULT NULL, max_attempts int DEFAULT NULL, retry_delay interval DEFAULT NULL, max_retry_delay interval DEFAULT NULL,
  retry_jitter float8 DEFAULT NULL, timeout interval DEFAULT NULL, shutdown_timeout interval DEFAULT NULL, stall_after interval DEFAULT NULL,
  max_lost_runs int DEFAULT NULL, retention interval DEFAULT NULL, continue_from bigint DEFAULT NULL, description text DEFAULT NULL,
  payload_version int DEFAULT 1, trace_parent text DEFAULT NULL)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE
  v_now bigint := {schema}.lh_now(NULL);
  v_queue text := coalesce(queue, 'default');
  v_scope int := 1;
  v_due bigint;
  v_policy text;
  v_lane int;
  v_status int;
  v_job bigint;
BEGIN
  -- Most calls say little: what is not said is not looked at.
  IF NOT coalesce(name ~ '^[A-Za-z0-9._:/-]{1,128}$' AND v_queue ~ '^[A-Za-z0-9._:/-]{1,128}$', false) THEN
    PERFORM {schema}.lh_check_name('name', name);
    PERFORM {schema}.lh_check_name('queue', v_queue);
  END IF;
  PERFORM {schema}.lh_check_payload(name, payload);
  IF priority NOT BETWEEN 0 AND 255 OR payload_version < 1 THEN
    PERFORM {schema}.lh_check_number('priority', priority, 0, 255);
    PERFORM {schema}.lh_check_number('payload_version', payload_version, 1, 2147483647);
  END IF;
  IF tags IS NOT NULL THEN
    PERFORM {schema}.lh_check_tags(tags);
  END IF;
  IF unique_key IS NOT NULL OR unique_for IS NOT NULL OR unique_scope <> 'until_finished' THEN
    v_scope := {schema}.lh_check_unique(unique_key, unique_scope, unique_for);
  END IF;
  IF continue_from < 1 THEN
    PERFORM {schema}.lh_refuse(format('continue_from must be the id of a job, but was %s.', continue_from));
  END IF;
  IF delay IS NOT NULL OR run_at IS NOT NULL THEN
    v_due := {schema}.lh_due(v_now, delay, run_at);
  END IF;
  IF num_nonnulls(max_attempts, retry_delay, max_retry_delay, retry_jitter, timeout, shutdown_timeout, stall_after, max_lost_runs, retention) > 0 THEN
    v_policy := {schema}.lh_policy(max_attempts, retry_delay, max_retry_delay, retry_jitter, timeout, shutdown_timeout, stall_after, max_lost_runs, retention);
  END IF;
  PERFORM {schema}.lh_check_owner(owner, continue_from);

  v_lane := {schema}.lh_lane_of(v_queue, name);
  FOR attempt IN 1..5 LOOP
    SELECT o.status, o.job INTO v_status, v_job FROM {schema}.lh_enqueue_one(
      v_now, {schema}.lh_take_ids(1), hashtextextended(gen_random_uuid()::text, 0), v_lane, coalesce(priority, 100), coalesce(payload_version, 1), 0::bigint, v_due,
      payload, owner, v_policy, nullif(tags, '{}'), left(description, 200), unique_key, v_scope, (extract(epoch FROM unique_for) * 1000000)::bigint,
      continue_from, NULL, trace_parent) o;
    EXIT WHEN v_status <> 3; -- after a restored backup ids of old jobs may come again
  END LOOP;
  CASE v_status
    WHEN 0 THEN PERFORM {schema}.lh_notify(ARRAY[v_queue]);
    WHEN 3 THEN PERFORM {schema}.lh_refuse('New ids must be free, but the store gave out ids of existing jobs 5 times. Run ''longhaul doctor''.', 'object_in_use');
    WHEN 4 THEN PERFORM {schema}.lh_refuse(format('continue_from must name a job that is in the store, but there is no job %s. It may be past its retention: enqueue without it to begin anew.', continue_from));
    WHEN 5 THEN PERFORM {schema}.lh_refuse(format('continue_from must name a job that has ended, but job %s has not. Cancel it and wait for its end, or let it go on.', continue_from), 'object_not_in_prerequisite_state');
    ELSE NULL; -- 2: the job that has the key
  END CASE;
  RETURN v_job;
END $f$;

-- The same for a payload that is built with PostgreSQL's own functions.
CREATE OR REPLACE FUNCTION {schema}.enqueue(
  name text, payload jsonb, queue text DEFAULT 'default', priority int DEFAULT 100, delay interval DEFAULT NULL, run_at timestamptz DEFAULT NULL,
  unique_key text DEFAULT NULL, unique_scope text DEFAULT 'until_finished', unique_for interval DEFAULT NULL, owner text DEFAULT NULL,
  tags text[] DEFAULT NULL, max_attempts int DEFAULT NULL, retry_delay interval DEFAULT NULL, max_retry_delay interval DEFAULT NULL,
  retry_jitter float8 DEFAULT NULL, timeout interval DEFAULT NULL, shutdown_timeout interval DEFAULT NULL, stall_after interval DEFAULT NULL,
  max_lost_runs int DEFAULT NULL, retention interval DEFAULT NULL, continue_from bigint DEFAULT NULL, description text DEFAULT NULL,
  payload_version int DEFAULT 1, trace_parent text DEFAULT NULL)
RETURNS bigint LANGUAGE sql AS $f$
  SELECT {schema}.enqueue(name, payload::text, queue, priority, delay, run_at, unique_key, unique_scope, unique_for, owner, tags, max_attempts, retry_delay,
    max_retry_delay, retry_jitter, timeout, shutdown_timeout, stall_after, max_lost_runs, retention, continue_from, description, payload_version, trace_parent);
$f$;

CREATE OR REPLACE FUNCTION {schema}.enqueue(
  name text, payload json, queue text DEFAULT 'default', priority int DEFAULT 100, delay interval DEFAULT NULL, run_at timestamptz DEFAULT NULL,
  unique_key text DEFAULT NULL, unique_scope text DEFAULT 'until_finished', unique_for interval DEFAULT NULL, owner text DEFAULT NULL,
  tags text[] DEFAULT NULL, max_attempts int DEFAULT NULL, retry_delay interval DEFAULT NULL, max_retry_delay interval DEFAULT NULL,
  retry_jitter float8 DEFAULT NULL, timeout interval DEFAULT NULL, shutdown_timeout interval DEFAULT NULL, stall_after interval DEFAULT NULL,
  max_lost_runs int DEFAULT NULL, retention interval DEFAULT NULL, continue_from bigint DEFAULT NULL, description text DEFAULT NULL,
  payload_version int DEFAULT 1, trace_parent text DEFAULT NULL)
RETURNS bigint LANGUAGE sql AS $f$
  SELECT {schema}.enqueue(name, payload::text, queue, priority, delay, run_at, unique_key, unique_scope, unique_for, owner, tags, max_attempts, retry_delay,
    max_retry_delay, retry_jitter, timeout, shutdown_timeout, stall_after, max_lost_runs, retention, continue_from, description, payload_version, trace_parent);
$f$;

-- Many jobs that are alike in all but the payload, all or nothing, in a few statements: what COPY is for a table. Their ids in the order of the payloads.
CREATE OR REPLACE FUNCTION {schema}.enqueue_many(
  name text, payloads text[], queue text DEFAULT 'default', priority int DEFAULT 100, delay interval DEFAULT NULL, run_at timestamptz DEFAULT NULL,
  owner text DEFAULT NULL, tags text[] DEFAULT NULL, max_attempts int DEFAULT NULL)
RETURNS SETOF bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $f$
DECLARE
  v_now bigint := {schema}.lh_now(NULL);
  v_queue text := coalesce(queue, 'default');
  v_policy text := CASE WHEN max_attempts IS NOT NULL THEN jsonb_build_object('maxAttempts', max_attempts)::text END;
  v_tags text[] := ARRAY(SELECT DISTINCT t FROM unnest(tags) t);
  v_count int;
  v_due bigint;
  v_lane int;
  v_first bigint;
  v_payloads text[];
  v_detail boolean;
BEGIN
  PERFORM {schema}.lh_check_name('name', name);
  PERFORM {schema}.lh_check_name('queue', v_queue);
  PERFORM {schema}.lh_check_number('priority', priority, 0, 255);
  PERFORM {schema}.lh_check_number('max_attempts', max_attempts, 1, 2147483647);
  PERFORM {schema}.lh_check_tags(tags);
  PERFORM {schema}.lh_check_payload(name, p) FROM unnest(payloads) p;
  PERFORM {schema}.lh_check_owner(owner, NULL);
  v_due := {schema}.lh_due(v_now, delay, run_at);
  v_detail := owner IS NOT NULL OR v_policy IS NOT NULL OR cardinality(v_tags) > 0;
  v_lane := {schema}.lh_lane_of(v_queue, name);
  FOR at IN 0 .. (coalesce(cardinality(payloads), 0) - 1) / 1000 LOOP
    v_payloads := payloads[array_lower(payloads, 1) + at * 1000 : array_lower(payloads, 1) + at * 1000 + 999];
    v_count := coalesce(cardinality(v_payloads), 0);
    EXIT WHEN v_count = 0;
    v_first := {schema}.lh_take_ids(v_count);
    PERFORM FROM {schema}.lh_enqueue(
      v_now, ARRAY(SELECT v_first + i FROM generate_series(0, v_count - 1) i ORDER BY i), ARRAY(SELECT hashtextextended(gen_random_uuid()::text, i) FROM generate_series(1, v_count) i),
      array_fill(v_lane, ARRAY[v_count]), array_fill(coalesce(priority, 100)::smallint, ARRAY[v_count]), NULL, NULL,
      CASE WHEN v_due IS NOT NULL THEN array_fill(v_due, ARRAY[v_count]) END, v_payloads,
      -- With tags a job is not plain, and has a row of its own in the queue.
      CASE WHEN cardinality(v_tags) > 0 THEN ARRAY(SELECT generate_series(1, v_count)) ELSE ARRAY[1] END,
      CASE WHEN cardinality(v_tags) > 0 THEN array_fill(1, ARRAY[v_count]) ELSE ARRAY[v_count] END,
      CASE WHEN cardinality(v_tags) > 0 THEN array_fill(160, ARRAY[v_count]) WHEN v_detail THEN ARRAY[128] ELSE ARRAY[0] END,
      CASE WHEN v_detail THEN ARRAY(SELECT generate_series(1, v_count)) END, CASE WHEN v_detail THEN array_fill(owner, ARRAY[v_count]) END,
      CASE WHEN v_detail THEN array_fill(v_policy, ARRAY[v_count]) END, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
      (SELECT array_agg(i ORDER BY i, t) FROM generate_series(1, v_count) i, unnest(v_tags) t), (SELECT array_agg(t ORDER BY i, t) FROM generate_series(1, v_count) i, unnest(v_tags) t));
    IF FOUND THEN
      PERFORM {schema}.lh_refuse('New ids must be free, but the store gave out ids of existing jobs, as after a restored backup. Run it again.', 'object_in_use');
    END IF;
    RETURN QUERY SELECT v_first + i FROM generate_series(0, v_count - 1) i ORDER BY i;
  END LOOP;
  PERFORM {schema}.lh_notify(ARRAY[v_queue]);
END $f$;

-- Enqueue by INSERT, also INSERT … SELECT, and COPY … FROM: for tools that know tables only. A row a job; what is not given has its default.
CREATE OR REPLACE VIEW {schema}.new_jobs AS
SELECT NULL::bigint AS id, NULL::text AS name, NULL::text AS payload, NULL::text AS queue, NULL::int AS priority, NULL::interval AS delay,
  NULL::timestamptz AS run_at, NULL::text AS unique_key, NULL::text AS owner, NULL::text[] AS tags, NULL::int AS max_attempts, NULL::text AS description
WHERE false;

CREATE OR REPLACE FUNCTION {schema}.lh_insert_job() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  IF NEW.id IS NOT NULL THEN
    PERFORM {schema}.lh_refuse('id must be left out: the store gives it.');
  END IF;
  NEW.id := {schema}.enqueue(NEW.name, NEW.payload, queue => NEW.queue, priority => NEW.priority, delay => NEW.delay, run_at => NEW.run_at,
    unique_key => NEW.unique_key, owner => NEW.owner, tags => NEW.tags, max_attempts => NEW.max_attempts, description => NEW.description);
  RETURN NEW;
END $f$;

DROP TRIGGER IF EXISTS lh_insert ON {schema}.new_jobs;
CREATE TRIGGER lh_insert INSTEAD OF INSERT ON {schema}.new_jobs FOR EACH ROW EXECUTE FUNCTION {schema}.lh_insert_job();
