CREATE TABLE `manifest_readings` (
	`manifest` integer PRIMARY KEY NOT NULL,
	`started_at_ms` integer NOT NULL,
	`after` text DEFAULT '' NOT NULL,
	`files_read` integer DEFAULT 0 NOT NULL,
	`differing` integer DEFAULT 0 NOT NULL,
	`named` text DEFAULT '[]' NOT NULL,
	`piece_bytes` integer,
	`piece_state` text,
	`ended_at_ms` integer,
	`is_intact` integer,
	`reading_until_ms` integer,
	FOREIGN KEY (`manifest`) REFERENCES `manifests`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `manifest_readings_under_way` ON `manifest_readings` (`manifest`) WHERE ended_at_ms is null;