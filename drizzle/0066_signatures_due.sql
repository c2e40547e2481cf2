CREATE TABLE `signatures_due` (
	`promotion` integer PRIMARY KEY NOT NULL,
	`model_version` integer NOT NULL,
	`next_try_ms` integer NOT NULL,
	`problem` text,
	FOREIGN KEY (`promotion`) REFERENCES `promotions`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`model_version`) REFERENCES `model_versions`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `signatures_due_by_version` ON `signatures_due` (`model_version`);--> statement-breakpoint
CREATE INDEX `signatures_due_by_time` ON `signatures_due` (`next_try_ms`);