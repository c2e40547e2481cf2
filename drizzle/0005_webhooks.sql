CREATE TABLE `webhook_deliveries` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`webhook` integer NOT NULL,
	`delivery_id` text NOT NULL,
	`seq` integer NOT NULL,
	`n` integer NOT NULL,
	`type` text NOT NULL,
	`model` text,
	`version` text,
	`state` text NOT NULL,
	`redelivery` integer NOT NULL,
	`attempts` integer NOT NULL,
	`signed_at_ms` integer NOT NULL,
	`next_attempt_at_ms` integer NOT NULL,
	`response_status` integer,
	`error` text,
	`created_at_ms` integer NOT NULL,
	`finished_at_ms` integer,
	FOREIGN KEY (`webhook`) REFERENCES `webhooks`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `webhook_deliveries_delivery_id_unique` ON `webhook_deliveries` (`delivery_id`);--> statement-breakpoint
CREATE INDEX `webhook_deliveries_by_webhook` ON `webhook_deliveries` (`webhook`,`id`);--> statement-breakpoint
CREATE INDEX `webhook_deliveries_pending` ON `webhook_deliveries` (`webhook`,`id`) WHERE state = 'pending';--> statement-breakpoint
CREATE TABLE `webhook_queues` (
	`webhook` integer PRIMARY KEY NOT NULL,
	`seq` integer NOT NULL,
	`n` integer NOT NULL,
	`failures` integer NOT NULL,
	`lease` text,
	`lease_until_ms` integer NOT NULL,
	FOREIGN KEY (`webhook`) REFERENCES `webhooks`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `webhooks` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`workspace` text NOT NULL,
	`webhook_id` text NOT NULL,
	`name` text NOT NULL,
	`description` text,
	`url` text NOT NULL,
	`events` text NOT NULL,
	`in_mlflow` integer NOT NULL,
	`models` text,
	`format` text NOT NULL,
	`secret` text,
	`status` text NOT NULL,
	`created_at_ms` integer NOT NULL,
	`updated_at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `webhooks_webhook_id_unique` ON `webhooks` (`webhook_id`);--> statement-breakpoint
CREATE INDEX `webhooks_by_workspace` ON `webhooks` (`workspace`,`id`);
