owner       = "trending-now-team"
cost_centre = "ml-platform"

alarm_emails = ["trending-now-alerts@example.com"]
secret_names = ["session-key", "trends-api-key"]

budget   = { limit_usd = 1000 }
pipeline = { service_names = ["ecs-tasks"] }

secret_recovery_window_in_days = 30

service = {
  cpu    = 2048
  memory = 4096
}

scaling = {
  max_concurrency = 100
  max_instances   = 10
  min_instances   = 2
}

retention = {
  access_logs_days      = 365
  application_logs_days = 400
  noncurrent_days       = 90
}
