ALTER TABLE `multipart_uploads` ADD `joined_bytes` integer;--> statement-breakpoint
ALTER TABLE `multipart_uploads` ADD `hashed_bytes` integer;--> statement-breakpoint
ALTER TABLE `multipart_uploads` ADD `hash_state` text;--> statement-breakpoint
ALTER TABLE `multipart_uploads` ADD `hashing_until_ms` integer;--> statement-breakpoint
CREATE INDEX `multipart_uploads_to_hash` ON `multipart_uploads` (`upload_id`) WHERE joined_bytes is not null and completed_at_ms is null;