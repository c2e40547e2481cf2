ALTER TABLE `webhooks` ADD `stage` text;--> statement-breakpoint
ALTER TABLE `webhooks` ADD `alias` text;