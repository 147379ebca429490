import type { Schema } from "../migrate.ts"

export const AUTHENTICATION_SCHEMA: Schema = {
  role: "authentication",
  steps: [
    [
      `create table users (
         name text primary key,
         enrolment_digest bytea not null unique,
         quota integer not null check (quota between 1 and 65535),
         commitment bytea unique
       )`,
      // An epoch is written before it is proposed, so that a crash can't make two statements of one seal.
      `create table epochs (
         epoch integer not null,
         revision integer not null,
         statement bytea not null,
         authentication_signature bytea not null,
         leaves bytea not null,
         validation_signature bytea,
         primary key (epoch, revision)
       )`,
    ],
    [
      // Who registers by certificate has no code.
      "alter table users alter column enrolment_digest drop not null",
      "alter table users add column certificate text unique",
      "alter table users add column certificate_until bigint",
      "alter table users add column valid_until bigint",
      "alter table users add column withdrawn boolean not null default false",
      // The first epoch that the commitment counts in.
      "alter table users add column active_from integer not null default 0",
    ],
  ],
}
