ALTER TABLE `multipart_parts` ADD `etag` text;--> statement-breakpoint
ALTER TABLE `multipart_uploads` ADD `sha256` text;--> statement-breakpoint
ALTER TABLE `multipart_uploads` ADD `size_bytes` integer;--> statement-breakpoint
ALTER TABLE `multipart_uploads` ADD `part_bytes` integer;