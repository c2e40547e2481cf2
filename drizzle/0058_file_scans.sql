CREATE TABLE `file_scans` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`blob` integer NOT NULL,
	`kind` text NOT NULL,
	`at_ms` integer NOT NULL,
	`scan` text NOT NULL,
	FOREIGN KEY (`blob`) REFERENCES `blobs`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `file_scans_by_blob` ON `file_scans` (`blob`,`kind`);--> statement-breakpoint
CREATE TABLE `manifests_to_scan` (
	`manifest` integer PRIMARY KEY NOT NULL,
	`scanned_to` text NOT NULL,
	FOREIGN KEY (`manifest`) REFERENCES `manifests`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TRIGGER `manifests_are_scanned` AFTER INSERT ON `manifests` BEGIN
	INSERT INTO `manifests_to_scan` (`manifest`, `scanned_to`) VALUES (NEW.`id`, '');
END;--> statement-breakpoint
INSERT INTO `manifests_to_scan` (`manifest`, `scanned_to`) SELECT `id`, '' FROM `manifests`;
