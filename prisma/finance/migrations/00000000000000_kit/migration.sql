-- What the kit keeps in every hub's schema; the first migration of each hub is a copy of this file.
-- Unqualified on purpose: connections set their search_path to the hub's schema.

CREATE TABLE "outbox" (
  -- CACHE 1 (the default) matters: with more, ids of one session would run ahead of the order in which row locks were got
  "id" bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- given by the sequencer after the commit: gapless, never changed, equal to the sequence in the stream
  "pos" bigint UNIQUE,
  "eventId" uuid NOT NULL UNIQUE,
  "type" text NOT NULL,
  "aggregate" text NOT NULL,
  "event" jsonb NOT NULL,
  "recordedAt" timestamptz(3) NOT NULL DEFAULT now()
);
CREATE INDEX "outbox_unsequenced" ON "outbox" ("id") WHERE "pos" IS NULL;

-- exactly one row
CREATE TABLE "outboxState" (
  "only" boolean PRIMARY KEY DEFAULT true CHECK ("only"),
  -- generation of the stream, part of every cursor
  "epoch" uuid NOT NULL,
  -- last position given
  "last" bigint NOT NULL DEFAULT 0,
  -- last position that the stream confirmed; a hint, never where publishing starts
  "published" bigint NOT NULL DEFAULT 0
);
INSERT INTO "outboxState" ("epoch") VALUES (gen_random_uuid());

CREATE TABLE "idempotency" (
  "key" text NOT NULL,
  "actor" text NOT NULL,
  "verb" text NOT NULL,
  "inputHash" text NOT NULL,
  "answer" jsonb NOT NULL,
  "at" timestamptz(3) NOT NULL,
  PRIMARY KEY ("actor", "key")
);

CREATE TABLE "transition" (
  "id" uuid PRIMARY KEY,
  "noun" text NOT NULL,
  "entityId" uuid NOT NULL,
  "at" timestamptz(3) NOT NULL,
  "actor" text NOT NULL,
  "verb" text NOT NULL,
  "from" text,
  "to" text NOT NULL,
  "note" text,
  "evidence" jsonb NOT NULL DEFAULT '[]'
);
CREATE INDEX "transition_entity" ON "transition" ("noun", "entityId", "id");
