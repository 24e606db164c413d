owner       = "trending-now-team"
cost_centre = "ml-platform"

alarm_emails = ["trending-now-staging@example.com"]
secret_names = ["session-key", "trends-api-key"]

budget   = { limit_usd = 300 }
pipeline = { service_names = ["ecs-tasks"] }

# What staging holds was copied from elsewhere and can be copied again, and a
# destroyed staging must be able to come back under the same names at once.
force_destroy                  = true
secret_recovery_window_in_days = 0

service = {
  cpu    = 1024
  memory = 2048
}

scaling = {
  max_concurrency = 100
  max_instances   = 4
  min_instances   = 1
}

retention = {
  access_logs_days      = 90
  application_logs_days = 90
  features_days         = 180
  noncurrent_days       = 30
  processed_days        = 90
}

# Staging is judged by the thresholds of prod, the module's defaults, but has
# less traffic to judge by.
thresholds = {
  minimum_requests = 5
}
