CREATE TABLE IF NOT EXISTS permissions (
    customer_id TEXT NOT NULL,
    channel TEXT NOT NULL,
    final_reason TEXT,
    final_at TEXT,
    refused_reason TEXT,
    refused_at TEXT,
    allowed_at TEXT,
    PRIMARY KEY (channel, customer_id)
) WITHOUT ROWID;
