-- The peer's own tables. Same facts and equivalent indexes as the old system had; one workspace, so no workspace column.
DROP SCHEMA IF EXISTS peer CASCADE;
CREATE SCHEMA peer;
SET search_path TO peer;

CREATE TABLE users (
    id uuid PRIMARY KEY,
    name text NOT NULL
);

CREATE TABLE conversations (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    name text NOT NULL
);

CREATE TABLE memberships (
    conversation_id uuid NOT NULL REFERENCES conversations ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    PRIMARY KEY (conversation_id, user_id)
);

CREATE TABLE messages (
    id uuid PRIMARY KEY,
    conversation_id uuid NOT NULL REFERENCES conversations ON DELETE CASCADE,
    author_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    text text NOT NULL,
    sent_at timestamptz(3) NOT NULL,
    deleted_at timestamptz(3)
);

CREATE TABLE bookmarks (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    message_id uuid NOT NULL REFERENCES messages ON DELETE CASCADE,
    note text,
    created_at timestamptz(3) NOT NULL DEFAULT now(),
    UNIQUE (user_id, message_id)
);

CREATE INDEX bookmarks_by_time ON bookmarks (user_id, created_at DESC, id DESC);
CREATE INDEX bookmarks_by_message ON bookmarks (message_id);
