-- Every file that was met, by its place in the folder it came from.
CREATE TABLE IF NOT EXISTS files (
    folder   TEXT NOT NULL,
    path     TEXT NOT NULL,
    bytes    INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    uuid     TEXT REFERENCES photos (uuid), -- null: it is no photo, for this reason
    reason   TEXT,
    PRIMARY KEY (folder, path),
    CHECK ((uuid IS NULL) <> (reason IS NULL))
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS files_by_photo ON files (uuid);

-- Every photo, by its content: two files with the same content are one.
CREATE TABLE IF NOT EXISTS photos (
    uuid         TEXT PRIMARY KEY,
    hash         TEXT NOT NULL UNIQUE,
    extension    TEXT NOT NULL,
    name         TEXT NOT NULL,
    bytes        INTEGER NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('Uploaded', 'Previewed', 'Ingested', 'Failed')),
    confirmed    INTEGER NOT NULL DEFAULT 0,
    preview_size INTEGER, -- long side in pixels
    reason       TEXT,
    taken_in_by  INTEGER  -- the photos.folder job that brought it, or tried it again, last
) WITHOUT ROWID;

DROP INDEX IF EXISTS photos_by_state;
CREATE INDEX IF NOT EXISTS photos_by_standing ON photos (state, confirmed);

-- The gallery: when each photo came, and a number that grows with whatever changes, so that a page can ask for what is new since its last look.
CREATE TABLE IF NOT EXISTS gallery (
    arrived INTEGER PRIMARY KEY,
    uuid    TEXT NOT NULL UNIQUE REFERENCES photos (uuid),
    changed INTEGER NOT NULL
);

CREATE INDEX IF NOT EXISTS gallery_by_change ON gallery (changed);

CREATE TRIGGER IF NOT EXISTS photo_came AFTER INSERT ON photos BEGIN
    INSERT INTO gallery (uuid, changed) VALUES (new.uuid, (SELECT ifnull(max(changed), 0) + 1 FROM gallery));
END;

CREATE TRIGGER IF NOT EXISTS photo_changed AFTER UPDATE ON photos BEGIN
    UPDATE gallery SET changed = (SELECT max(changed) + 1 FROM gallery) WHERE uuid = new.uuid;
END;

-- Photos from before there was a gallery.
INSERT INTO gallery (uuid, changed) SELECT uuid, 1 FROM photos WHERE NOT EXISTS (SELECT 1 FROM gallery);

-- The library: one row for each photo in its permanent place.
CREATE TABLE IF NOT EXISTS images (
    id           INTEGER PRIMARY KEY,
    uuid         TEXT NOT NULL UNIQUE REFERENCES photos (uuid),
    content_hash TEXT NOT NULL UNIQUE,
    path         TEXT NOT NULL UNIQUE, -- relative to the library's root
    name         TEXT NOT NULL,
    bytes        INTEGER NOT NULL,
    format       TEXT,
    width        INTEGER,
    height       INTEGER,
    camera       TEXT,
    lens         TEXT,
    taken_at     TEXT, -- by the camera's clock
    latitude     REAL,
    longitude    REAL,
    ingested_at  TEXT NOT NULL
);

-- When somebody sat before ./demo, so that it can tell how long it all took, however often it was stopped or killed.
CREATE TABLE IF NOT EXISTS sittings (
    id       INTEGER PRIMARY KEY,
    folder   TEXT NOT NULL,
    began_at REAL NOT NULL,
    seen_at  REAL NOT NULL
);
