import type { Schema } from "../migrate.ts"

export const VALIDATION_SCHEMA: Schema = {
  role: "validation",
  steps: [
    [
      `create table sealed_epochs (
         epoch integer not null,
         revision integer not null,
         statement bytea not null,
         closes_at bigint not null,
         primary key (epoch, revision)
       )`,
      // No times, no addresses: what is kept of a request is what stops its repetition.
      `create table issues (
         epoch integer not null,
         nullifier bytea not null,
         context bytea not null,
         answer bytea not null,
         primary key (epoch, nullifier)
       )`,
    ],
    [
      // From when on what was signed and spent is all here again, after a backup was put back.
      "create table restored (complete_from bigint not null)",
    ],
  ],
}
