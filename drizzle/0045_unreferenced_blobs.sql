CREATE TABLE `unreferenced_blobs` (
	`blob` integer PRIMARY KEY NOT NULL,
	`seen_at_ms` integer NOT NULL,
	FOREIGN KEY (`blob`) REFERENCES `blobs`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `unreferenced_blobs_by_time` ON `unreferenced_blobs` (`seen_at_ms`);