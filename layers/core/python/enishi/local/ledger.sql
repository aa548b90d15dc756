CREATE TABLE IF NOT EXISTS runs (
    run_id TEXT PRIMARY KEY,
    execution TEXT NOT NULL,
    opened_at TEXT NOT NULL,
    finished_at TEXT
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS sends (
    send_id TEXT PRIMARY KEY,
    run_id TEXT NOT NULL,
    step_id TEXT NOT NULL,
    chunk INTEGER NOT NULL,
    customer_id TEXT NOT NULL,
    channel TEXT NOT NULL,
    state TEXT NOT NULL,
    claimed_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    provider_id TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT '',
    caps TEXT NOT NULL DEFAULT '[]'
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS sends_by_chunk ON sends (run_id, step_id, chunk);

CREATE TABLE IF NOT EXISTS caps (
    cap_key TEXT PRIMARY KEY,
    used INTEGER NOT NULL
) WITHOUT ROWID;
