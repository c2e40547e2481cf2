CREATE TABLE `folded_metrics` (
	`run` integer NOT NULL,
	`pack` integer NOT NULL,
	`start` integer NOT NULL,
	`length` integer NOT NULL,
	`directory_length` integer NOT NULL,
	`points` integer NOT NULL,
	PRIMARY KEY(`run`, `pack`),
	FOREIGN KEY (`run`) REFERENCES `runs`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`pack`) REFERENCES `metric_packs`(`id`) ON UPDATE no action ON DELETE no action
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `folded_metrics_by_pack` ON `folded_metrics` (`pack`);--> statement-breakpoint
CREATE TABLE `metric_folding` (
	`id` integer PRIMARY KEY NOT NULL,
	`next_run` integer NOT NULL,
	`next_at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `metric_packs` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`key` text NOT NULL,
	`size_bytes` integer NOT NULL,
	`created_at_ms` integer NOT NULL,
	`emptied_at_ms` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `metric_packs_key_unique` ON `metric_packs` (`key`);