CREATE TABLE `metric_chunks` (
	`id` integer PRIMARY KEY NOT NULL,
	`run` integer NOT NULL,
	`key` text NOT NULL,
	`first_ms` integer NOT NULL,
	`first_step` integer NOT NULL,
	`last_ms` integer NOT NULL,
	`last_step` integer NOT NULL,
	`body` text NOT NULL,
	FOREIGN KEY (`run`) REFERENCES `runs`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `metric_chunks_by_place` ON `metric_chunks` (`run`,`key`,`first_ms`,`first_step`);