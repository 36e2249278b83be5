-- E: ranges of pending jobs, one row for all runs of a claim. It says which are left by a bit for each; what of it ends is taken out, and the
-- row goes with the last.
CREATE TABLE claim (
  first bigint PRIMARY KEY, session bigint NOT NULL, claim bigint NOT NULL, secret bigint NOT NULL, claimed bigint NOT NULL, fence bigint NOT NULL,
  lane int NOT NULL, flags int NOT NULL, priority smallint NOT NULL, jobs int NOT NULL, ids bigint[], live bit varying NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX claim_session ON claim (session, claim);

-- A claim whose jobs lie apart names them all.
CREATE FUNCTION step(ids bigint[], tokens bigint[], secret bigint, wanted int, many int, low bigint) RETURNS TABLE (id bigint, token bigint, payload text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE firsts bigint[]; counts int[]; n int; claimed bigint[]; whole boolean;
BEGIN
  IF cardinality(ids) > 0 THEN PERFORM settle(ids, tokens); END IF;
  SELECT t.firsts, t.counts INTO firsts, counts FROM take(wanted, many, low) t;
  IF cardinality(firsts) = 0 THEN RETURN; END IF;
  SELECT sum(c) INTO n FROM unnest(counts) c;
  INSERT INTO tally VALUES (1, -n, n, 0);
  whole := cardinality(firsts) = 1;
  IF whole THEN
    INSERT INTO claim VALUES (firsts[1], 1, secret, secret, us(), us(), 1, 0, 100, n, NULL, repeat('1', n)::varbit);
    RETURN QUERY SELECT j.id, hashint8extended(j.id, secret), j.payload FROM job j WHERE j.id BETWEEN firsts[1] AND firsts[1] + n - 1;
  ELSE
    SELECT array_agg(i) INTO claimed FROM unnest(firsts, counts) r(first, jobs), generate_series(r.first, r.first + r.jobs - 1) i;
    INSERT INTO claim VALUES (firsts[1], 1, secret, secret, us(), us(), 1, 0, 100, n, claimed, repeat('1', n)::varbit);
    RETURN QUERY SELECT j.id, hashint8extended(j.id, secret), j.payload FROM unnest(claimed) c(id) JOIN job j ON j.id = c.id;
  END IF;
END $$;

CREATE FUNCTION beat() RETURNS bigint LANGUAGE sql AS $$ SELECT sum(bit_count(live)) FROM claim WHERE session = 1 $$;

-- The jobs to settle are of one claim here, as the caller has it from "step"; first and last tell which. Some of it may be left running.
CREATE FUNCTION end_runs(ids bigint[], tokens bigint[]) RETURNS claim LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE c claim; over bigint;
BEGIN
  SELECT * INTO c FROM claim WHERE first <= ids[1] AND first > ids[1] - 1024 ORDER BY first DESC LIMIT 1 FOR UPDATE;
  IF (SELECT bool_or(hashint8extended(s.id, c.secret) <> s.token) FROM unnest(ids, tokens) s(id, token)) THEN RAISE EXCEPTION 'lost runs'; END IF;
  IF cardinality(ids) = bit_count(c.live) THEN
    DELETE FROM claim WHERE first = c.first;
  ELSE
    IF c.ids IS NULL THEN
      FOREACH over IN ARRAY ids LOOP c.live := set_bit(c.live, (over - c.first)::int, 0); END LOOP;
    ELSE
      FOREACH over IN ARRAY ids LOOP c.live := set_bit(c.live, array_position(c.ids, over) - 1, 0); END LOOP;
    END IF;
    UPDATE claim SET live = c.live WHERE first = c.first;
  END IF;
  INSERT INTO tally VALUES (1, 0, -cardinality(ids), cardinality(ids));
  RETURN c;
END $$;
