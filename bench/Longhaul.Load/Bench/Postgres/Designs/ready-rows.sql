-- B: immutable jobs, a narrow row for each pending one.
CREATE TABLE ready (
  lane int NOT NULL, priority smallint NOT NULL, due bigint NOT NULL, id bigint NOT NULL, flags int NOT NULL, PRIMARY KEY (lane, priority, due, id)
);

CREATE FUNCTION fill(jobs int, range int, payload text) RETURNS void LANGUAGE sql AS $$
  SELECT fill_jobs(jobs, payload);
  INSERT INTO ready SELECT 1, 100, i, i, 0 FROM generate_series(1, jobs) i
$$;

CREATE FUNCTION step(ids bigint[], tokens bigint[], secret bigint, wanted int, many int, low bigint) RETURNS TABLE (id bigint, token bigint, payload text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  IF cardinality(ids) > 0 THEN PERFORM settle(ids, tokens); END IF;
  RETURN QUERY
  WITH head AS MATERIALIZED (
    SELECT due, id FROM ready WHERE lane = 1 AND (priority, due, id) >= (100, low, low) ORDER BY priority, due, id LIMIT wanted FOR UPDATE SKIP LOCKED
  ), taken AS (
    DELETE FROM ready r USING head h WHERE r.lane = 1 AND r.priority = 100 AND r.due = h.due AND r.id = h.id RETURNING r.id, r.due, r.flags
  ), put AS (
    INSERT INTO run SELECT id, hashint8extended(id, secret), 1, secret, us(), us(), due, 1, flags, 1, row_number() OVER (), 100, false FROM taken RETURNING id, token
  )
  SELECT p.id, p.token, j.payload FROM put p JOIN job j ON j.id = p.id;
END $$;
