owner       = "trending-now-team"
cost_centre = "ml-platform"

alarm_emails = ["trending-now-dev@example.com"]
secret_names = ["session-key", "trends-api-key"]

budget   = { limit_usd = 100 }
pipeline = { service_names = ["ecs-tasks"] }

# Nothing here is the only copy, and a destroyed environment must be able to
# come back under the same names at once.
force_destroy                  = true
secret_recovery_window_in_days = 0

service = {
  cpu    = 256
  memory = 512
}

scaling = {
  max_concurrency = 50
  max_instances   = 2
  min_instances   = 1
}

retention = {
  access_logs_days      = 30
  application_logs_days = 14
  features_days         = 60
  noncurrent_days       = 14
  processed_days        = 30
  reports_days          = 60
}

thresholds = {
  latency_p95_milliseconds = 4000
  server_error_percent     = 5
}
