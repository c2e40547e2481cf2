CREATE INDEX `audit_entries_of_service_accounts` ON `audit_entries` (coalesce("after" ->> 'for', "after" ->> 'name')) WHERE "action" in ('service_account.created', 'token.created');
