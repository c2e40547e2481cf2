CREATE TABLE `trace_folding` (
	`id` integer PRIMARY KEY NOT NULL,
	`next_trace` integer NOT NULL,
	`next_at_ms` integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE `trace_packs` ADD `emptied_at_ms` integer;