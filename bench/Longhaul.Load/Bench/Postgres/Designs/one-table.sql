-- A: one table, a status column, partial indexes.
CREATE TABLE job (
  id bigint PRIMARY KEY, nonce bigint NOT NULL, created bigint NOT NULL, due bigint NOT NULL, lane int NOT NULL, payload_version int NOT NULL,
  priority smallint NOT NULL, state smallint NOT NULL, flags int NOT NULL, run_number int NOT NULL,
  token bigint, session bigint, claim bigint, claimed bigint, fence bigint, finished bigint, expires bigint, payload text NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX job_ready ON job (lane, priority, due, id) WHERE state = 1;
CREATE INDEX job_running ON job (session, claim) WHERE state = 2;

CREATE FUNCTION fill(jobs int, range int, payload text) RETURNS void LANGUAGE sql AS $$
  INSERT INTO job SELECT i, hashint8extended(i, 7), i, i, 1, 1, 100, 1, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, payload FROM generate_series(1, jobs) i
$$;

CREATE FUNCTION step(ids bigint[], tokens bigint[], secret bigint, wanted int, many int, low bigint) RETURNS TABLE (id bigint, token bigint, payload text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE ended bigint[];
BEGIN
  IF cardinality(ids) > 0 THEN
    -- Not "state = 2": that would let the planner walk all that runs, of which it believes that there is nothing.
    WITH put AS (
      UPDATE job j SET state = 4, session = NULL, claim = NULL, finished = us(), expires = us() + 86400000000
      FROM unnest(ids, tokens) s(id, token) WHERE j.id = s.id AND j.token = s.token AND j.state + 0 = 2 RETURNING j.id
    )
    SELECT array_agg(id) INTO ended FROM put;
    IF cardinality(ended) IS DISTINCT FROM cardinality(ids) THEN RAISE EXCEPTION 'lost runs'; END IF;
    INSERT INTO expiry (at, jobs) VALUES (us() + 86400000000, ended);
    INSERT INTO tally VALUES (1, 0, -cardinality(ended), cardinality(ended));
  END IF;
  RETURN QUERY
  WITH head AS MATERIALIZED (
    SELECT id FROM job WHERE lane = 1 AND state = 1 AND (priority, due, id) >= (100, low, low) ORDER BY priority, due, id LIMIT wanted FOR UPDATE SKIP LOCKED
  )
  UPDATE job j SET state = 2, token = hashint8extended(j.id, secret), session = 1, claim = secret, claimed = us(), fence = us(), run_number = run_number + 1
  FROM head WHERE j.id = head.id RETURNING j.id, j.token, j.payload;
END $$;

CREATE FUNCTION beat() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM job WHERE session = 1 AND state = 2 $$;
