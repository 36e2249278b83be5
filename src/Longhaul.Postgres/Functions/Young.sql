-- Young runs. Plain runs of one claim with consecutive ids are one row of lh_young, and their plain ends rows of lh_done_many: a bit a job, the
-- job's number in the row being its id less "first". The token of such a run is the row's secret and that number, and
-- positive; those of all other runs are negative. A run that gets anything to tell, an order, or another end, and an ended job that somebody acts on, is
-- settled down first: then it is a row of lh_run, or of lh_done, and all verbs but the quickest need to know only those.

-- From how many jobs on a claimed range is kept so. A row of its own is cheaper for few.
CREATE OR REPLACE FUNCTION {schema}.lh_many() RETURNS int LANGUAGE sql IMMUTABLE AS $f$ SELECT 8 $f$;

-- The run of a job, wherever it is. Of rows that could hold it the nearest is looked at first, and none after the one that does: where claims or ends
-- were small, a thousand ids have many rows.
CREATE OR REPLACE FUNCTION {schema}.lh_run_at(p_id bigint) RETURNS SETOF {schema}.lh_run LANGUAGE sql STABLE AS $f$
  SELECT * FROM {schema}.lh_run r WHERE r.id = p_id
  UNION ALL
  (SELECT p_id, (y.secret << 10) | (p_id - y.first), y.session, y.claim, y.claimed, y.claimed, y.due, y.lane, y.flags, 1,
    (y.place + p_id - y.first)::int, y.priority, y.place + p_id - y.first < y.slots, false, NULL::smallint, NULL::bigint, NULL::text, NULL::text, NULL::bigint
  FROM {schema}.lh_young y WHERE y.first BETWEEN p_id - 1023 AND p_id AND get_bit(y.open, (p_id - y.first)::int) = 1 ORDER BY y.first DESC LIMIT 1);
$f$;

-- The end of a job, wherever it is.
CREATE OR REPLACE FUNCTION {schema}.lh_done_at(p_id bigint) RETURNS SETOF {schema}.lh_done LANGUAGE sql STABLE AS $f$
  SELECT * FROM {schema}.lh_done d WHERE d.id = p_id
  UNION ALL
  (SELECT p_id, (m.secret << 10) | (p_id - m.first), m.finished, m.expires, m.flags, 1, 4::smallint
  FROM {schema}.lh_done_many m WHERE m.first BETWEEN p_id - 1023 AND p_id AND get_bit(m.jobs, (p_id - m.first)::int) = 1 ORDER BY m.first DESC LIMIT 1);
$f$;

-- All runs.
CREATE OR REPLACE FUNCTION {schema}.lh_runs() RETURNS SETOF {schema}.lh_run LANGUAGE sql STABLE AS $f$
  SELECT r.* FROM {schema}.lh_run r
  UNION ALL
  SELECT y.first + o, (y.secret << 10) | o, y.session, y.claim, y.claimed, y.claimed, y.due, y.lane, y.flags, 1,
    y.place + o, y.priority, y.place + o < y.slots, false, NULL::smallint, NULL::bigint, NULL::text, NULL::text, NULL::bigint
  FROM {schema}.lh_young y CROSS JOIN generate_series(0, 1023) o WHERE get_bit(y.open, o) = 1;
$f$;

-- All ends.
CREATE OR REPLACE FUNCTION {schema}.lh_dones() RETURNS SETOF {schema}.lh_done LANGUAGE sql STABLE AS $f$
  SELECT d.* FROM {schema}.lh_done d
  UNION ALL
  SELECT m.first + o, (m.secret << 10) | o, m.finished, m.expires, m.flags, 1, 4::smallint
  FROM {schema}.lh_done_many m CROSS JOIN generate_series(0, 1023) o WHERE get_bit(m.jobs, o) = 1;
$f$;

-- Settles a job down, whether it is a young run or ended as one. Its row is then locked by this transaction, and so is, until its end, the row
-- of its neighbours: not for transactions that last.
CREATE OR REPLACE FUNCTION {schema}.lh_settle_down(p_id bigint) RETURNS void LANGUAGE plpgsql
SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off AS $f$
DECLARE
  v_young {schema}.lh_young;
  v_done {schema}.lh_done_many;
  v_at tid;
  v_open bit(1024);
BEGIN
  SELECT * INTO v_young FROM {schema}.lh_young y
  WHERE y.first BETWEEN p_id - 1023 AND p_id AND get_bit(y.open, (p_id - y.first)::int) = 1 FOR UPDATE;
  IF FOUND THEN
    v_open := set_bit(v_young.open, (p_id - v_young.first)::int, 0);
    IF v_open = 0::bit(1024) THEN
      DELETE FROM {schema}.lh_young y WHERE y.secret = v_young.secret;
    ELSE
      UPDATE {schema}.lh_young y SET open = v_open WHERE y.secret = v_young.secret;
    END IF;
    INSERT INTO {schema}.lh_run (id, token, session, claim, claimed, fence, due, lane, flags, run_number, place, priority, begun)
    SELECT p_id, (v_young.secret << 10) | (p_id - v_young.first), v_young.session, v_young.claim, v_young.claimed, v_young.claimed, v_young.due,
      v_young.lane, v_young.flags, 1, v_young.place + p_id - v_young.first, v_young.priority, v_young.place + p_id - v_young.first < v_young.slots;
    RETURN;
  END IF;

  SELECT m.ctid INTO v_at FROM {schema}.lh_done_many m
  WHERE m.first BETWEEN p_id - 1023 AND p_id AND get_bit(m.jobs, (p_id - m.first)::int) = 1 FOR UPDATE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  SELECT * INTO v_done FROM {schema}.lh_done_many m WHERE m.ctid = v_at;
  v_open := set_bit(v_done.jobs, (p_id - v_done.first)::int, 0);
  IF v_open = 0::bit(1024) THEN
    DELETE FROM {schema}.lh_done_many m WHERE m.ctid = v_at;
  ELSE
    UPDATE {schema}.lh_done_many m SET jobs = v_open WHERE m.ctid = v_at;
  END IF;
  INSERT INTO {schema}.lh_done (id, token, finished, expires, flags, run_number, state)
  VALUES (p_id, (v_done.secret << 10) | (p_id - v_done.first), v_done.finished, v_done.expires, v_done.flags, 1, 4);
  INSERT INTO {schema}.lh_expiry (at, gone, jobs) VALUES (v_done.expires, false, ARRAY[p_id]);
END $f$;

-- Settles the young runs of a session down: those of some jobs, those claimed before a moment, or (both null) all. Waits for nobody.
CREATE OR REPLACE FUNCTION {schema}.lh_settle_down_all(p_session bigint, p_jobs bigint[] DEFAULT NULL, p_before bigint DEFAULT NULL) RETURNS void LANGUAGE sql AS $f$
  WITH young AS (
    SELECT y.secret FROM {schema}.lh_young y
    WHERE y.session = p_session AND (p_before IS NULL OR y.claimed < p_before)
      AND (p_jobs IS NULL OR EXISTS (SELECT FROM unnest(p_jobs) j WHERE j BETWEEN y.first AND y.first + 1023 AND get_bit(y.open, (j - y.first)::int) = 1))
    ORDER BY y.first FOR UPDATE SKIP LOCKED
  ), left_ AS (
    DELETE FROM {schema}.lh_young y USING young WHERE y.secret = young.secret RETURNING y.*
  )
  INSERT INTO {schema}.lh_run (id, token, session, claim, claimed, fence, due, lane, flags, run_number, place, priority, begun)
  SELECT y.first + o, (y.secret << 10) | o, y.session, y.claim, y.claimed, y.claimed, y.due, y.lane, y.flags, 1, y.place + o, y.priority, y.place + o < y.slots
  FROM left_ y CROSS JOIN generate_series(0, 1023) o WHERE get_bit(y.open, o) = 1;
$f$;

-- Plain completions of young runs: of each row those whose bits are set, sorted by first. Answers null when all are settled, else the secrets of
-- the rows that are; the runs of the others are for lh_settle. Retention 0: the jobs are gone at once.
CREATE OR REPLACE FUNCTION {schema}.lh_settle_young(
  p_now bigint, p_secrets bigint[], p_firsts bigint[], p_masks bit[], p_counts int[], p_retentions bigint[]) RETURNS bigint[]
LANGUAGE plpgsql
SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off SET plan_cache_mode = force_generic_plan AS $f$
DECLARE
  v_now bigint := {schema}.lh_now(p_now);
  v_secrets bigint[];
BEGIN
  -- Each row is found by its key, one by one. As a join it was read in the order of an index, all that is gone too, once the server had seen how
  -- few there are: 2,000 pages a call beside a transaction that keeps them from being cleaned up. What another changes meanwhile is for lh_settle: what
  -- must still be so stands beside the place, for servers before autumn 2025 do not look again at the place of a row for which they have waited.
  WITH k AS MATERIALIZED (
    SELECT k.*, f.at FROM unnest(p_secrets, p_firsts, p_masks, p_counts, p_retentions) AS k (secret, first, mask, jobs, retention)
    CROSS JOIN LATERAL (
      SELECT y.ctid AS at FROM {schema}.lh_young y
      WHERE y.secret = k.secret AND y.first - k.first = 0 AND (y.open & k.mask) = k.mask
        AND (SELECT s.state < 3 FROM {schema}.lh_session s WHERE s.id = y.session)
      LIMIT 1
    ) f
  ), gone AS (
    DELETE FROM {schema}.lh_young y USING k WHERE y.ctid = k.at AND y.open = k.mask RETURNING k.*, y.lane, y.flags
  ), cut AS (
    UPDATE {schema}.lh_young y SET open = y.open & ~k.mask FROM k WHERE y.ctid = k.at AND y.open <> k.mask AND (y.open & k.mask) = k.mask RETURNING k.*, y.lane, y.flags
  ), ended AS (
    SELECT * FROM gone UNION ALL SELECT * FROM cut
  ), done AS (
    INSERT INTO {schema}.lh_done_many (first, secret, finished, expires, flags, jobs)
    SELECT e.first, e.secret, v_now, least(v_now + e.retention, 253402300799999999), e.flags, e.mask FROM ended e WHERE e.retention > 0
  ), tally AS (
    INSERT INTO {schema}.lh_tally (lane, running, completed)
    SELECT e.lane, -sum(e.jobs), coalesce(sum(e.jobs) FILTER (WHERE e.retention > 0), 0) FROM ended e GROUP BY e.lane
  )
  SELECT array_agg(e.secret) INTO v_secrets FROM ended e;
  IF 0 = ANY (p_retentions) AND v_secrets IS NOT NULL THEN
    PERFORM {schema}.lh_let_go(array_agg(k.first + o ORDER BY k.first, o), array_agg((k.secret << 10) | o ORDER BY k.first, o), v_now)
    FROM unnest(p_secrets, p_firsts, p_masks, p_retentions) AS k (secret, first, mask, retention) CROSS JOIN generate_series(0, 1023) o
    WHERE k.retention = 0 AND k.secret = ANY (v_secrets) AND get_bit(k.mask, o) = 1;
  END IF;
  RETURN CASE WHEN v_secrets IS NULL THEN '{}' WHEN cardinality(v_secrets) < cardinality(p_secrets) THEN v_secrets END;
END $f$;

-- Removes jobs that ended plainly and are past their time, at most p_limit. How many.
CREATE OR REPLACE FUNCTION {schema}.lh_prune_many(p_limit int, p_now bigint) RETURNS int LANGUAGE plpgsql AS $f$
DECLARE
  v_row record;
  v_jobs bigint[];
  v_last int;
  v_left bit(1024);
  v_count int := 0;
BEGIN
  WHILE v_count < p_limit LOOP
    SELECT m.ctid AS at, m.* INTO v_row FROM {schema}.lh_done_many m WHERE m.expires <= p_now ORDER BY m.expires LIMIT 1 FOR UPDATE SKIP LOCKED;
    EXIT WHEN NOT FOUND;
    SELECT array_agg(v_row.first + x.o ORDER BY x.o), max(x.o) INTO v_jobs, v_last
    FROM (SELECT o FROM generate_series(0, 1023) o WHERE get_bit(v_row.jobs, o) = 1 ORDER BY o LIMIT p_limit - v_count) x;
    v_left := overlay(v_row.jobs PLACING repeat('0', v_last + 1)::varbit FROM 1);
    IF v_left = 0::bit(1024) THEN
      DELETE FROM {schema}.lh_done_many m WHERE m.ctid = v_row.at;
    ELSE
      UPDATE {schema}.lh_done_many m SET jobs = v_left WHERE m.ctid = v_row.at;
    END IF;
    IF (v_row.flags & 128) <> 0 THEN
      DELETE FROM {schema}.lh_detail d WHERE d.id = ANY(v_jobs);
    END IF;
    WITH gone AS (DELETE FROM {schema}.lh_job j WHERE j.id = ANY(v_jobs) RETURNING j.lane)
    INSERT INTO {schema}.lh_tally (lane, completed) SELECT g.lane, -count(*) FROM gone g GROUP BY g.lane;
    v_count := v_count + cardinality(v_jobs);
  END LOOP;
  RETURN v_count;
END $f$;

-- Somebody watches a run. Whether there is one.
CREATE OR REPLACE FUNCTION {schema}.lh_watch(p_id bigint, p_now bigint, p_for bigint) RETURNS boolean LANGUAGE plpgsql AS $f$
BEGIN
  PERFORM {schema}.lh_settle_down(p_id);
  UPDATE {schema}.lh_run r SET watched_until = {schema}.lh_now(p_now) + p_for WHERE r.id = p_id;
  RETURN FOUND;
END $f$;
