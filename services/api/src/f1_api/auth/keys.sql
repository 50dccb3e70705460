-- api_keys: all keys, with the columns for checks
SELECT key_id, name, secret_sha256, created_at, expires_at, revoked_at, limit_requests, limit_window_s
  FROM api_keys
 ORDER BY created_at, key_id

-- insert_key: a new key
INSERT INTO api_keys (key_id, name, secret_sha256, expires_at, limit_requests, limit_window_s)
VALUES (%(key_id)s, %(name)s, %(secret_sha256)s, %(expires_at)s, %(requests)s, %(window_s)s)

-- revoke_key: never accept a key again
UPDATE api_keys SET revoked_at = now() WHERE key_id = %(key_id)s AND revoked_at IS NULL RETURNING key_id

-- end_key: set the expiry of a key, unless it expires earlier already
UPDATE api_keys
   SET expires_at = least(expires_at, %(ends_at)s)
 WHERE key_id = %(key_id)s AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
 RETURNING name, limit_requests, limit_window_s

-- limit_key: set the rate limit of a key; null: unlimited
UPDATE api_keys
   SET limit_requests = %(requests)s, limit_window_s = %(window_s)s
 WHERE key_id = %(key_id)s AND revoked_at IS NULL
 RETURNING name

-- keys_changed: notify the API's processes to reload the keys
NOTIFY f1_api_keys
