-- Keys of advisory locks. They are numbers for the whole database, so each is made of the schema's name.

-- A worker lives: held by its listener's connection for as long as it stands.
CREATE OR REPLACE FUNCTION {schema}.lh_life_key(session bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT hashtextextended('longhaul life ' || {schema_text}, session) $$;

-- A worker's claims take it shared for their transaction; whoever declares the worker dead takes it alone.
CREATE OR REPLACE FUNCTION {schema}.lh_fence_key(session bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT hashtextextended('longhaul fence ' || {schema_text}, session) $$;

-- Some worker waits for work: held shared by listeners' connections.
CREATE OR REPLACE FUNCTION {schema}.lh_waiting_key() RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT hashtextextended('longhaul waiting ' || {schema_text}, 0) $$;

-- For work that one process at a time is enough for: 1 the tally's roll-up, 2 the ids' blocks, 3 pruning.
CREATE OR REPLACE FUNCTION {schema}.lh_work_key(work bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT hashtextextended('longhaul work ' || {schema_text}, work) $$;

-- The moment of the call in microseconds since 1970: a test passes its own.
CREATE OR REPLACE FUNCTION {schema}.lh_now(given bigint) RETURNS bigint LANGUAGE sql VOLATILE PARALLEL SAFE
AS $$ SELECT coalesce(given, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) $$;
